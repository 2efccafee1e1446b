"""Checks that this database is the original, and which process may send from it."""
