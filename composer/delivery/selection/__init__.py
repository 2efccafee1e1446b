"""Who gets a mailing, and freezing it."""
