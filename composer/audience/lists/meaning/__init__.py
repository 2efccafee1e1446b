"""The meaning of the columns and cells of a list."""
