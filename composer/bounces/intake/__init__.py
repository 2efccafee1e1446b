"""Sources of returned messages: files, pipes, a mailbox."""
