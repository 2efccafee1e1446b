"""One SMTP session: connect, sign in, hand messages over."""
