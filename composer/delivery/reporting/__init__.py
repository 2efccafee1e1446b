"""What became of a mailing."""
