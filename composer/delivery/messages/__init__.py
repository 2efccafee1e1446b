"""The messages of a mailing, made from what was frozen."""
