"""Checks of the message: sender, subject, links, legal requirements."""
