"""Checks of what editors wrote."""
