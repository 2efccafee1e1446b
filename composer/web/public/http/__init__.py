"""What every request passes through: limits, timeouts, forms and the write executor."""
