"""What can be said about a finished edition without a browser or a network."""
