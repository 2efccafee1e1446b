"""The database: what audience, delivery and the public pages keep.

Input: where it lies. Output: a `Database` whose `read()` and `write()` give connections. Knows tables, not what
they mean.
"""
