"""Builds the bytes of one message from texts and images.

Input: texts, images, addresses, a date, an id. Output: ASCII bytes with CRLF. Guarantees: reads no clock, invents no id, opens
no file and no connection.
"""
