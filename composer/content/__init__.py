"""What editors write: files come in, an `Issue` and a `Newsletter` go out, or every `Problem` with its place.

Never renders, never sends, never changes a file.
"""
