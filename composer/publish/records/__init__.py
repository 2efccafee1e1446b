"""What is known of each published issue, kept for the next run."""
