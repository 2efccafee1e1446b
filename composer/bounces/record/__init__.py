"""Records what came back once, and lets it have its effect."""
