"""A list becomes subscribers: staged, planned, applied, undone."""
