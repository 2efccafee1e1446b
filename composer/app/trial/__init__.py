"""A trial: a real mailing from end to end, on this computer only."""
