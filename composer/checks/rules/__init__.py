"""The checks themselves, one small function each."""
