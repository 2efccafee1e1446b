"""uvicorn, which speaks HTTP for the preview and the public pages.

Input: nothing. Output: its server, its configuration, and its protocol of one connection, to build on. Guarantees: no other
module imports uvicorn. What is relied on beyond its documentation (a connection's `cycle`, `headers`, `on_response_complete`, a
server's `server_state`) is said in tests/test_libraries.py; its minor versions may change that, so pyproject.toml has a bound.
"""

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import HANDLED_SIGNALS, ServerState

__all__ = ["HANDLED_SIGNALS", "Config", "H11Protocol", "Server", "ServerState"]
