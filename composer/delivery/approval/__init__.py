"""Reviews, and the approvals that a mailing needs."""
