"""Tokens, and the people that they identify, even after those people were removed."""
