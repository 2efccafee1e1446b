"""Renders an issue to an edition: Jinja2, MJML, inlined CSS, plaintext.

Input: an `Issue` and its `Newsletter`. Output: an `Edition`. Guarantees: reads only the theme's files; does not load or
write anything.
"""
