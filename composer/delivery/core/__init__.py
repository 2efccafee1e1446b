"""What a mailing and a delivery are, and what happens next. Pure."""
