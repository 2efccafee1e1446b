"""uvicorn, the HTTP server of the preview and the public pages.

Input: none. Output: its server, configuration and connection protocol. Guarantees: no other module imports uvicorn. What the
project uses beyond its documentation (a connection's `cycle`, `headers`, `on_response_complete`, a server's `server_state`) is
listed in tests/test_libraries.py. Minor versions can change these, so pyproject.toml has an upper bound.
"""

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import HANDLED_SIGNALS, ServerState

__all__ = ["HANDLED_SIGNALS", "Config", "H11Protocol", "Server", "ServerState"]
