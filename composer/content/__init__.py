"""Reads the files that editors write.

Input: files. Output: an `Issue` and a `Newsletter`, or every `Problem` with its place. Guarantees: does not render,
send or change anything.
"""
