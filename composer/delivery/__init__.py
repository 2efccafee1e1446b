"""Sending: what is configured, and test sends to the editors."""
