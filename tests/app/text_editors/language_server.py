"""yaml-language-server, as text editors run it: over stdin and stdout, with the settings that `compose init` writes."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from tests.browser.tools import YAML_SERVER

#: Seconds after which an answer is missing.
_LONGEST = 60


@dataclass
class LanguageServer:
    """A running server, and what it has answered."""

    process: "subprocess.Popen[bytes]"
    settings: Mapping[str, Any]
    messages: "Queue[dict[str, Any]]" = field(default_factory=Queue)
    count: int = 0
    opened: int = 0

    def errors(self, path: Path, text: str | None = None) -> list[str]:
        """Open a file, and return what the editor underlines: `3: message`."""
        address = self._open(path, text)
        while True:
            message = self._next()
            told = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and told["uri"] == address:
                return [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in told["diagnostics"]]

    def completions(self, path: Path, text: str) -> dict[str, str]:
        """Return what the editor offers at the § in a text: each label, and what is inserted."""
        before, _, after = text.partition("§")
        address = self._open(path, before + after)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        answer = self._ask("textDocument/completion", {"textDocument": {"uri": address}, "position": place})
        return {each["label"]: each.get("textEdit", {}).get("newText", "") for each in answer["items"]}

    def start(self, root: Path) -> None:
        """Introduce the editor."""
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {
                    "workspace": {"configuration": True},
                    "textDocument": {
                        "completion": {"completionItem": {"snippetSupport": True}},
                        "publishDiagnostics": {},
                    },
                },
                "workspaceFolders": [{"uri": root.as_uri(), "name": "news"}],
            },
        )
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": self.settings})

    def _open(self, path: Path, text: str | None) -> str:
        """Open a text under an address of its own in the same folder, and return the address."""
        self.opened += 1
        address = path.with_name(f"{self.opened}-{path.name}").as_uri()
        written = path.read_text(encoding="utf-8") if text is None else text
        document = {"uri": address, "languageId": "yaml", "version": 1, "text": written}
        self._notify("textDocument/didOpen", {"textDocument": document})
        return address

    def _ask(self, method: str, params: object) -> Any:
        self.count += 1
        self._send({"id": self.count, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self.count and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _next(self) -> dict[str, Any]:
        """Return the next message, and answer the server's own questions."""
        message = self.messages.get(timeout=_LONGEST)
        if "method" in message and "id" in message:
            asked = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            result = None if asked is None else [self.settings.get(each.get("section", "")) for each in asked]
            self._send({"id": message["id"], "result": result})
        return message

    def _notify(self, method: str, params: object) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, object]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self.process.stdin.flush()

    def read(self) -> None:
        """Read messages until the server ends."""
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                while stream.readline().strip():
                    pass
                self.messages.put(json.loads(stream.read(int(value))))


@contextmanager
def language_server(root: Path) -> Iterator[LanguageServer]:
    """Run the server for a folder, without the schemas of the internet."""
    node = shutil.which("node")
    assert node is not None
    yaml = {"validate": True, "completion": True, "hover": True, "schemas": {}, "schemaStore": {"enable": False}}
    process = subprocess.Popen(
        [node, str(YAML_SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    server = LanguageServer(process=process, settings={"yaml": yaml})
    answers = threading.Thread(target=server.read, daemon=True)
    answers.start()
    try:
        server.start(root)
        yield server
    finally:
        process.kill()
        process.communicate()
        answers.join()
