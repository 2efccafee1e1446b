"""Picture files: found, read, and made ready for mail.

files         find a file and read it, once            kinds    name what is no picture, and what to do
parsers       PNG, JPEG, GIF and WebP to a container     ready    decode, turn, convert to sRGB, scale down
colours       from any colour space to sRGB               exif     which side is up
"""
