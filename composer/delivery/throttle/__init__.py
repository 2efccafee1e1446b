"""How fast messages go: token bucket, quota, admission."""
