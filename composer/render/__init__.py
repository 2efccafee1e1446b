"""From an issue to an edition: Jinja2, MJML, inlined CSS, plaintext.

Comes in: an `Issue` and its `Newsletter`. Goes out: an `RecordedEdition`. Reads the theme's files and nothing else; never
fetches, never writes.
"""
