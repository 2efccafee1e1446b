"""Renders an issue for the web and for paper: semantic HTML, without the tables and styles that mail programs need.

A build of messages does not import this package.
"""
