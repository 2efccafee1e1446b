"""Finds picture files, reads them, and converts them for email.

picture_files       find a file and read it once              other_formats   recognise other file formats
container_parsers   parse PNG, JPEG, GIF and WebP files        conversion      decode, rotate, convert to sRGB, scale down
colour_profiles     convert any colour space to sRGB           exif            read the orientation
"""
