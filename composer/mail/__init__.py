"""From texts and pictures to the bytes of one message.

Comes in: texts, pictures, addresses, a date, an id. Goes out: ASCII bytes with CRLF.
Never: reads a clock, makes up an id, opens a file or a connection.
"""
