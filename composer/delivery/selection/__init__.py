"""The selection of recipients, and the freezing of a mailing."""
