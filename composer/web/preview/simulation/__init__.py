"""Simulations of mail programs, screen readers and sample subscribers."""
