"""Writes the preview to a folder that opens without a server, to send to a colleague or to keep.

Input: an edition and its problems. Output: a folder with the page, the frames and the pictures. Guarantees:
the folder is complete or is not written, and replaces only a folder that a preview wrote.
"""

import shutil
from pathlib import Path

from composer.core.errors import OutputError
from composer.core.folders import replace_folder
from composer.web.preview.page_state import VIEWS, as_json, panels, state
from composer.web.preview.preview_app import STATIC, static_names
from composer.web.preview.simulation.web_page import web_documents
from composer.web.preview.view_model import PreviewModel, ShownVariant
from composer.web.preview.views import anchored, edition, frames

#: A file in every folder that this module writes.
MARKER = ".compose-preview"
_NOTE = b"compose preview wrote this folder and replaces all of it the next time.\n"
_PAGE = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' file:; "
    "frame-src 'self' file:; base-uri 'none'; form-action 'none'"
)
_FRAME = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; form-action 'none'"


def write(shown: ShownVariant, folder: Path, *, is_private: bool = False) -> Path:
    """Write the page and everything it shows, and return the page's path. A private one is readable by its owner only.

    Raises OutputError if the folder contains other files or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and (_is_ours(folder) or not any(folder.iterdir()))):
        raise OutputError(f"{folder} contains other files", "choose a new or empty folder")
    try:
        replace_folder(folder, lambda fresh: _fill(fresh, shown), is_private=is_private)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder / "index.html"


def _all(model: PreviewModel) -> dict[str, object]:
    """Return what a server would make on request, and the ids of places."""
    return {"ids": anchored(model.html)[1], "views": {name: view(model) for name, view in VIEWS.items()}}


def _is_ours(folder: Path) -> bool:
    return (folder / MARKER).is_file()


def _fill(folder: Path, shown: ShownVariant) -> None:
    (folder / MARKER).write_bytes(_NOTE)
    (folder / "static").mkdir()
    for name in static_names():
        if name != "page.html":
            shutil.copyfile(STATIC / name, folder / "static" / name)
    made = None
    if shown.model is not None:
        made = panels(shown.model, _all)
        (folder / "edition").mkdir()
        for frame in frames(shown.model):
            document = edition(shown.model, frame, _FRAME)
            (folder / "edition" / f"{frame.name}.html").write_bytes(document.encode(errors="replace"))
        public = shown.model.public()
        for name, document in web_documents(public, _FRAME):
            (folder / "edition" / f"{name}.html").write_bytes(document.encode(errors="replace"))
        (folder / "pictures").mkdir()
        for pictures in (public.pictures, *(each.pictures for each in shown.model.variants)):
            for name, (_, data) in pictures.items():
                # Use only the file name, so that a picture cannot be written to another folder.
                (folder / "pictures" / Path(name).name).write_bytes(data)
    embedded = as_json(state(shown, made)).decode()
    page = (STATIC / "page.html").read_text(encoding="utf-8")
    page = page.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{_PAGE}">', 1)
    page = page.replace("</head>", f'<script type="application/json" id="state">{embedded}</script>\n</head>', 1)
    (folder / "index.html").write_bytes(page.encode())
