"""The pages of the archive, and the folder that they are written to."""
