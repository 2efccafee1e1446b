"""Signs of other programs and of unfinished work in a text."""
