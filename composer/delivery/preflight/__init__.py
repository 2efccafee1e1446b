"""What is looked at before a mailing goes out, and why it may not."""
