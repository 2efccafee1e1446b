"""The world outside for `compose trial`: mailboxes, a mail server and a reverse proxy, all on this computer."""
