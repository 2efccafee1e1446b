"""Check everything that sending needs, change nothing, and name the next step."""
