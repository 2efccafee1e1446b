"""The results of a mailing."""
