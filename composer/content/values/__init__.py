"""The kinds of values that an issue holds: rich text, merge fields, sources, pictures."""
