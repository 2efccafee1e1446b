"""Use cases about mailings: propose, send, resume, stop, settle, report."""
