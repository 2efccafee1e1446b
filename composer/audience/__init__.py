"""Subscribers: who they are, what they agreed to, who is excluded."""
