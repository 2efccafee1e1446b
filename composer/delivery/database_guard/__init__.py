"""Whether this database is the one that was sent from, and who may send from it."""
