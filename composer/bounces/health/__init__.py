"""Audience health: counts, judgements, charts."""
