"""Sending: configuration, test sends to the editors, mailings and their reports."""
