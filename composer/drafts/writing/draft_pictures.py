"""The pictures of a draft as files that an issue can show.

Input: a draft, a workspace. Output: the draft with pictures in formats that mail programs show; names that are taken.
Guarantees: a picture that cannot be converted keeps its place, without data.
"""

from dataclasses import replace
from io import BytesIO

from composer.core.workspace import ISSUES, Workspace
from composer.drafts.draft_document import DraftDocument, Picture

_SHOWN = ("image/png", "image/jpeg", "image/gif")


def with_usable_pictures(document: DraftDocument) -> DraftDocument:
    """Return the draft with PNG pictures in place of formats that mail programs do not show."""
    blocks = tuple(_usable(block) if isinstance(block, Picture) else block for block in document.blocks)
    return replace(document, blocks=blocks)


def _usable(picture: Picture) -> Picture:
    if not picture.data or picture.media_type in _SHOWN:
        return picture
    # Imported late: few drafts have such pictures.
    from PIL import Image

    try:
        with Image.open(BytesIO(picture.data)) as image:
            out = BytesIO()
            image.convert("RGBA").save(out, format="PNG")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return replace(picture, data=b"", source=picture.source or f"({picture.media_type})")
    return replace(picture, data=out.getvalue(), media_type="image/png")


def taken_names(workspace: Workspace) -> frozenset[str]:
    """Return the names of pictures that the folder of issues has, as an issue writes them."""
    folder = workspace.root / ISSUES / "assets"
    return frozenset(f"assets/{path.name}" for path in folder.iterdir()) if folder.is_dir() else frozenset()
