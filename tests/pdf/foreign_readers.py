"""Readers of PDFs that have nothing to do with ours: poppler and qpdf. In CI they must be installed."""

import json
import os
import shutil
import subprocess
import unicodedata
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

_NEEDED = ("pdftotext", "pdfinfo", "pdffonts", "qpdf")
#: Brackets and quotation marks: a right-to-left line shows the other of a pair.
_MIRRORED = str.maketrans(")]}>»›》〉」』】”’", "([{<«‹《〈「『【“‘")
#: Tests that read a PDF with these programs.
judged = pytest.mark.skipif(
    not os.environ.get("CI") and any(shutil.which(name) is None for name in _NEEDED), reason="needs poppler and qpdf"
)


def run(*command: str) -> str:
    """Return what a program prints."""
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.decode()


def text_of(path: Path, page: int | None = None) -> str:
    """Return the text of a PDF, or of one of its pages, as poppler reads it."""
    pages = ("-f", str(page), "-l", str(page)) if page else ()
    return run("pdftotext", "-layout", *pages, str(path), "-")


def letters_of(text: str) -> Counter[str]:
    """Count the characters of a text but white space, formats and hyphens, in compatible form."""
    whole = unicodedata.normalize("NFKD", text.casefold()).translate(_MIRRORED)
    return Counter(
        each
        for each in whole
        if not each.isspace()
        and unicodedata.category(each) not in ("Cf", "Cc", "Pd")
        and not 0xFE00 <= ord(each) <= 0xFE0F
    )


class PdfObjects:
    """The objects of a PDF, as qpdf lists them."""

    def __init__(self, path: Path) -> None:
        self._objects: dict[str, Any] = json.loads(run("qpdf", "--json=2", str(path)))["qpdf"][1]

    def get(self, value: Any) -> Any:
        """Return a value, or what it refers to."""
        while isinstance(value, str) and value.endswith(" R"):
            found = self._objects[f"obj:{value}"]
            value = found["value"] if "value" in found else found["stream"]["dict"]
        return value

    @cached_property
    def catalog(self) -> dict[str, Any]:
        """The root of the PDF."""
        root: dict[str, Any] = self.get(self.get(self._objects["trailer"]["value"])["/Root"])
        return root

    @cached_property
    def elements(self) -> list[tuple[dict[str, Any], tuple[str, ...], str]]:
        """The structure elements in reading order: each with the tags above it, and its language."""
        found: list[tuple[dict[str, Any], tuple[str, ...], str]] = []

        def walk(reference: Any, above: tuple[str, ...], language: str) -> None:
            element = self.get(reference)
            if not isinstance(element, dict) or "/S" not in element:
                return
            language = str(element.get("/Lang", f"u:{language}")).removeprefix("u:")
            found.append((element, above, language))
            for kid in element.get("/K", []):
                walk(kid, (*above, element["/S"]), language)

        for each in self.get(self.catalog["/StructTreeRoot"])["/K"]:
            walk(each, (), str(self.catalog["/Lang"]).removeprefix("u:"))
        return found

    @cached_property
    def pages(self) -> list[dict[str, Any]]:
        """The pages."""
        return [self.get(each) for each in self.get(self.catalog["/Pages"])["/Kids"]]

    @property
    def bookmarks(self) -> list[tuple[int, str]]:
        """The bookmarks: level and title."""
        found: list[tuple[int, str]] = []

        def walk(reference: Any, level: int) -> None:
            while reference is not None:
                item = self.get(reference)
                found.append((level, item["/Title"].removeprefix("u:")))
                walk(item.get("/First"), level + 1)
                reference = item.get("/Next")

        walk(self.get(self.catalog["/Outlines"])["/First"], 1)
        return found
