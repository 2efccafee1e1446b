"""The database of audience, delivery and the public pages.

Input: its location. Output: a `Database` whose `read()` and `write()` provide connections. This package defines the
tables; other packages define what they mean.
"""
