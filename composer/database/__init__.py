"""The database: what audience, delivery and the public pages keep.

Comes in: where it lies. Goes out: a `Database` whose `read()` and `write()` give connections. Knows tables, not what
they mean.
"""
