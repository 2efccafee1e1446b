"""The configuration for sending: server, keys, secrets."""
