"""What providers post, one module a provider."""
