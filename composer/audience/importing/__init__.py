"""Import lists of subscribers: stage, plan, apply, undo."""
