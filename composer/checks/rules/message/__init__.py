"""Checks of the message: sender, subject, links, what the law asks for."""
