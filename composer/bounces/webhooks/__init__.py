"""Webhooks of providers, one module each."""
