"""From an issue file to a built edition: read, render, check, write."""
