"""From a file, of whatever program, to a draft document."""
