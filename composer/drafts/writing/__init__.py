"""Writes an issue file from what a draft was mapped to, and proves that no word of the draft is missing."""
