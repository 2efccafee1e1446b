"""How messages leave the house.

outcome    what became of a message          server, envelope   where to, and for whom
transport  the protocol                      files              the outbox
"""
