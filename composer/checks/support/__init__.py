"""Support of mail programs, from the tests of caniemail.com (caniemail.json, written by scripts/caniemail.py).

features   the names of all features       detector   finds features in a document       clients   programs without support
"""
