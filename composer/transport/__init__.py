"""How messages are sent.

outcome    the result of a message           server_settings, envelope   the server, and the recipient
protocol   the interface of a transport      outbox_transport            files instead of a server
"""
