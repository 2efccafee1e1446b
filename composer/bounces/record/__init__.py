"""Record returned messages once, and apply their effect."""
