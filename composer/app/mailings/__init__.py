"""Use cases about mailings: proposed, sent, resumed, stopped, settled, and what became of them."""
