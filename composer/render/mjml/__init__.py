"""MJML: read, checked, compiled."""
