"""Patterns of foreign markup, placeholders, dates and typing errors in a text."""
