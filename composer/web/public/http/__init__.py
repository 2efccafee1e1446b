"""What stands before every page: limits, timeouts, forms, one writer."""
