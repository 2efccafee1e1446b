"""The run that sends a mailing: one loop, its connections, one writer."""
