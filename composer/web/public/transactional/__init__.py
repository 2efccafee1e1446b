"""The small messages that the public pages owe."""
