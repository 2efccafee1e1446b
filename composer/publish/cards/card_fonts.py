"""Finds fonts on this computer that have all letters of a text.

Input: a text and its language. Output: the file of a font, or None. Guarantees: a font file is opened at most once for each text;
fetches nothing.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont, features

#: The files of fonts that are on many computers, the best first; the number is the font in a collection, by language.
_NAMES = (
    "NotoSerif-Bold.ttf", "Georgia Bold.ttf", "georgiab.ttf", "LiberationSerif-Bold.ttf", "DejaVuSerif-Bold.ttf",
    "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Bold.ttc", "PingFang.ttc", "msyhbd.ttc", "Hiragino Sans GB.ttc", "YuGothB.ttc",
    "malgunbd.ttf", "NotoNaskhArabic-Bold.ttf", "NotoSansArabic-Bold.ttf", "NotoSansHebrew-Bold.ttf", "DejaVuSans-Bold.ttf",
    "Arial Bold.ttf", "arialbd.ttf", "tahomabd.ttf", "Arial Unicode.ttf",
)  # fmt: skip
#: The position of a language in Noto's collections for Chinese, Japanese and Korean.
_IN_COLLECTION = {"ja": 0, "ko": 1, "zh": 2, "zh-hant": 3, "zh-tw": 3, "zh-hk": 4}
#: A character that no font has: what a font draws instead shows which others it does not have.
_NOWHERE = "\U0010fffe"
#: Scripts whose letters are joined or reordered, which only a layout engine does.
_JOINED = ("ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "THAI", "TAMIL", "SYRIAC")
_ENDINGS = (".ttf", ".otf", ".ttc")


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font in a file."""

    path: Path
    index: int = 0

    def at(self, size: int) -> ImageFont.FreeTypeFont:
        """Return the font in a size in pixels."""
        return ImageFont.truetype(str(self.path), size, index=self.index)


def drawable(text: str) -> str:
    """Return a text without symbols such as emoji, which most fonts do not have, and without invisible characters."""
    kept = "".join(each for each in text if unicodedata.category(each) not in ("So", "Cf", "Cs", "Co", "Cn", "Cc"))
    return " ".join(kept.replace("\ufe0f", "").split())


@lru_cache(maxsize=512)
def font_for(letters: frozenset[str], language: str) -> FontFile | None:
    """Return a font that has all letters; None if no font has them, or if nothing here can join their letters."""
    if any(_is_joined(letter) for letter in letters) and not features.check("raqm"):
        return None
    return next((font for font in _fonts(language) if _has(font, letters)), None)


def _is_joined(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(_JOINED)


def _has(font: FontFile, letters: frozenset[str]) -> bool:
    try:
        opened = ImageFont.truetype(str(font.path), 20, index=font.index, layout_engine=ImageFont.Layout.BASIC)
        missing = bytes(opened.getmask(_NOWHERE))
        return not any(bytes(opened.getmask(letter)) == missing for letter in sorted(letters) if not letter.isspace())
    except OSError:
        return False


def _fonts(language: str) -> Iterator[FontFile]:
    files = _files()
    tag = language.lower()
    index = _IN_COLLECTION.get(tag, _IN_COLLECTION.get(tag.split("-")[0], 2))
    for name in _NAMES:
        if (path := files.get(name)) is not None:
            yield FontFile(path, index if "CJK" in name else 0)
    for name, path in files.items():
        if name not in _NAMES:
            yield FontFile(path)


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """Return the font files of this computer by name."""
    home = Path.home()
    folders = [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        home / ".local/share/fonts",
        home / ".fonts",
        Path("/Library/Fonts"),
        Path("/System/Library/Fonts"),
        home / "Library/Fonts",
        Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
    ]
    found: dict[str, Path] = {}
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in sorted(names):
                if name.lower().endswith(_ENDINGS):
                    found.setdefault(name, Path(parent) / name)
    return dict(sorted(found.items()))
