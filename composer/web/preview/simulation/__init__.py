"""How mail programs, screen readers and sample subscribers would see an edition."""
