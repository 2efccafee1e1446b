"""Serves the folder of the online archive, below `/archive/` of the public pages.

Input: paths. Output: files with their media type and an ETag, or the archive's page for an unknown address. Guarantees: nothing
outside the folder is served, no hidden file, and no list of a folder; redirects lead to `archive.url` only.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from composer.core.archive_addresses import issue_address

#: Where the archive is below the public address.
PREFIX = "/archive"
_MISSING = "404.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".gif": "image/gif",
    ".pdf": "application/pdf",
}
_FEEDS = {"feed.xml": "application/atom+xml; charset=utf-8", "rss.xml": "application/rss+xml; charset=utf-8"}
#: Pages load only their own style sheet and pictures. Feed programs may show the pictures, and search engines the pages.
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "all",
}
#: The names of files in this folder change with their content.
_LASTING = "files/"
_YEAR, _MINUTES = "public, max-age=31536000, immutable", "public, max-age=300"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFiles:
    """The archive in a folder, and its address without a slash at the end."""

    folder: Path
    url: str

    async def file(self, request: Request) -> Response:
        """GET: a file or a page of the archive."""
        name = request.path_params.get("path", "").strip("/")
        found = await asyncio.to_thread(self._find, name)
        if found is None:
            return await self._missing(name)
        path, is_page = found
        if is_page and not _ends_with_slash(request):
            # Relative links of a page need the slash.
            return RedirectResponse(f"{self.url}/{quote(name)}{'/' if name else ''}", 301, _HEADERS)
        data = await asyncio.to_thread(path.read_bytes)
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        headers = {
            **_HEADERS,
            "ETag": tag,
            "Cache-Control": _YEAR if name.startswith(_LASTING) else _MINUTES,
            "Content-Type": _FEEDS.get(path.name) or _TYPES.get(path.suffix, "application/octet-stream"),
        }
        known = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
        if tag in known or "*" in known:
            return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
        return Response(data, headers=headers)

    def page_of(self, stem: str) -> str | None:
        """Return the address of an issue's page, if the archive has one."""
        address = issue_address(stem)
        return f"{self.url}/{address}" if self._find(unquote(address).strip("/")) is not None else None

    async def _missing(self, name: str) -> Response:
        """Return the page for an unknown address, in the language of its folder."""
        data = await asyncio.to_thread(self._missing_page, name)
        kind = _TYPES[".html"] if data.startswith(b"<") else _TYPES[".txt"]
        return Response(data, 404, headers={**_HEADERS, "Content-Type": kind, "Cache-Control": _MINUTES})

    def _missing_page(self, name: str) -> bytes:
        found = self._find(f"{name.partition('/')[0]}/{_MISSING}") or self._find(_MISSING)
        return found[0].read_bytes() if found is not None else b"Page not found.\n"

    def _find(self, name: str) -> tuple[Path, bool] | None:
        """Return the file of a name, and whether it is the page of a folder; None outside the folder and for hidden files."""
        parts = name.split("/") if name else []
        if any(part.startswith(".") or not part or "\\" in part or "\0" in part for part in parts):
            return None
        try:
            root = self.folder.resolve()
            path = root.joinpath(*parts).resolve()
            if not path.is_relative_to(root):
                return None
            if path.is_dir():
                page = path / "index.html"
                return (page, True) if page.is_file() else None
            return (path, False) if path.is_file() else None
        except (OSError, ValueError):
            return None


def _ends_with_slash(request: Request) -> bool:
    """Return whether the address was written with a slash at its end, which the guard has removed."""
    raw: bytes = request.scope.get("raw_path") or b""
    return raw.partition(b"?")[0].endswith(b"/")
