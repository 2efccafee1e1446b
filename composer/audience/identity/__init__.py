"""The person that a token means, today and after the person was removed."""
