"""The language of the project: every text that a person reads, gathered, and checked for habits that make it hard to read."""
