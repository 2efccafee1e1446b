"""Finds picture files, reads them, and converts them for email.

picture_files      find a file and read it once                 other_formats  recognise files that are not pictures
container_parsers  PNG, JPEG, GIF and WebP to a container       conversion     decode, rotate, convert to sRGB, scale
down colour_profiles    from any colour space to sRGB                exif           the orientation
"""
