"""The sending speed: token bucket, quota, admission."""
