"""Use cases about issues before they are sent: find, create, build, check, preview, test, overview."""
