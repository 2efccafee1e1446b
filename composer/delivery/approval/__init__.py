"""Reviews, and whose word a mailing needs."""
