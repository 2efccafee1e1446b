"""The mail server, the pages and the guard of a trial."""
