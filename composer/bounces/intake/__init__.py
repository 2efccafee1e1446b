"""Where returned messages are read: files, pipes, a mailbox."""
