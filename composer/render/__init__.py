"""From an issue to an edition: Jinja2, MJML, inlined CSS, plaintext.

Input: an `Issue` and its `Newsletter`. Output: an `RecordedEdition`. Reads the theme's files and nothing else; never
fetches, never writes.
"""
