"""The page that an editor keeps open while writing. Its own files are imported when it starts, and not before."""
