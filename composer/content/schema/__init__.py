"""Schemas of the files that editors write, and reading files with them."""
