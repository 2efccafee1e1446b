"""What mail programs support, by the tests of caniemail.com (caniemail.json, written by scripts/caniemail.py).

features   the names of what can be told       detector   finds them in a document       clients   who does not support them
"""
