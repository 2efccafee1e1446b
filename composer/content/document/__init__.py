"""The documents: newsletter.yaml, an issue, its sections and its variants."""
