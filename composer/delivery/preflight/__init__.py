"""The checks before a mailing, and the reasons to refuse it."""
