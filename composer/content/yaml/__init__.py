"""Parses a YAML file into a tree of texts with positions, and explains its mistakes."""
