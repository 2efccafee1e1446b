"""SMTP sessions: connect, sign in, send messages."""
