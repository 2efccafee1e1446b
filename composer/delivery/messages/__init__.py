"""The messages of a mailing, made from frozen data."""
