"""The durable record of every delivery, and the processes that may write it."""
