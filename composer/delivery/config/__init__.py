"""What is configured for sending: server, keys, secrets."""
