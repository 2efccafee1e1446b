"""The run that sends: one loop, its connections, one writer."""
