"""Use cases about the online archive: publish issue files, or what was sent."""
