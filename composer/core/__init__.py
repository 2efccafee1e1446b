"""What every room may use: errors, addresses, files, the environment. Knows nothing of newsletters' contents."""
