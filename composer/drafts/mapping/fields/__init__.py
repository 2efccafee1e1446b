"""The fields of one item: which line of a draft belongs to which key."""
