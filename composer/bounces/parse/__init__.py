"""From the bytes of a returned message to a closed vocabulary. Guarantees: pure."""
