"""Builds the bytes of one message from texts and pictures.

Input: texts, pictures, addresses, a date, an id. Output: ASCII bytes with CRLF. Guarantees: reads no clock, invents no
id, opens no file and no connection.
"""
