"""The values in an issue: rich text, merge fields, sources, pictures."""
