"""Whom a token means, today and after a person was removed."""
