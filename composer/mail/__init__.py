"""From texts and pictures to the bytes of one message.

Input: texts, pictures, addresses, a date, an id. Output: ASCII bytes with CRLF.
Never: reads a clock, makes up an id, opens a file or a connection.
"""
