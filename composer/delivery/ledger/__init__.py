"""The durable record of every delivery, and who may write it."""
