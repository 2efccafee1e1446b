"""Checks of a finished edition, without a browser or a network."""
