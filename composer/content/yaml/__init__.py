"""An issue file as a tree of texts with positions, and what went wrong in it."""
