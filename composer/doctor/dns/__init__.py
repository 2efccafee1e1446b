"""Check what name servers say about the sender's domain and its mail servers."""
