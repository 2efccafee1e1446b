"""The pictures for previews of links, drawn with the fonts of the computer."""
