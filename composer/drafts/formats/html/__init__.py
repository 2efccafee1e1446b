"""Web pages: exported, saved, or copied."""
