"""What every package may use: errors, addresses, files, the environment. Guarantees: independent of newsletters' content."""
