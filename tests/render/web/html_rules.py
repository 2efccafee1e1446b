"""Checks HTML as a validator does: what may contain what, ids, headings, pictures, links within the page."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

_VOID = {"br", "hr", "img", "meta", "link", "wbr"}
_PHRASING = {
    "a", "abbr", "b", "bdi", "br", "cite", "code", "em", "i", "img", "span", "strong", "sub", "sup", "time", "wbr", "data",
    "small",
}  # fmt: skip
#: Elements that contain only phrasing content.
_ONLY_PHRASING = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "em", "strong", "cite", "code", "time", "sup"}
_CHILDREN = {
    "ul": {"li"}, "ol": {"li"}, "table": {"caption", "thead", "tbody"}, "thead": {"tr"}, "tbody": {"tr"}, "tr": {"th", "td"},
}  # fmt: skip
_PARENTS = {
    "li": {"ul", "ol"}, "figcaption": {"figure"}, "caption": {"table"}, "tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"},
}  # fmt: skip


class _Rules(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.opened: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._check_place(tag)
        if len(values) != len(attrs):
            self.problems.append(f"<{tag}> has an attribute twice")
        for name, value in values.items():
            if name == "style" or name.startswith("on"):
                self.problems.append(f"<{tag}> has {name}")
            if name == "id":
                self.ids.append(value or "")
                if not value or re.search(r"\s", value):
                    self.problems.append(f"the id “{value}” is not valid")
        if tag == "img" and not ({"src", "alt", "width", "height"} <= values.keys()):
            self.problems.append(f"a picture lacks an attribute: {values}")
        if tag == "a" and (href := values.get("href") or "").startswith("#"):
            self.targets.append(unquote(href[1:]))
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in ("script", "style", "link", "iframe", "form", "object", "embed"):
            self.problems.append(f"<{tag}> in the article")
        if tag not in _VOID:
            self.opened.append(tag)

    def _check_place(self, tag: str) -> None:
        parent = self.opened[-1] if self.opened else ""
        around = next((each for each in reversed(self.opened) if each != "a"), "")
        if around in _ONLY_PHRASING and tag not in _PHRASING:
            self.problems.append(f"<{tag}> in <{around}>")
        if parent in _CHILDREN and tag not in _CHILDREN[parent]:
            self.problems.append(f"<{tag}> in <{parent}>")
        if tag in _PARENTS and parent not in _PARENTS[tag]:
            self.problems.append(f"<{tag}> in <{parent}>")
        if tag == "a" and "a" in self.opened:
            self.problems.append("a link in a link")

    def handle_endtag(self, tag: str) -> None:
        if not self.opened or self.opened.pop() != tag:
            self.problems.append(f"</{tag}> does not close the last element")

    def handle_comment(self, data: str) -> None:
        self.problems.append("a comment")


def html_problems(article: str) -> list[str]:
    """Return everything that is wrong in an article."""
    rules = _Rules()
    rules.feed(article)
    rules.close()
    found = rules.problems
    found += [f"<{tag}> is never closed" for tag in rules.opened]
    found += [f"the id “{name}” is used twice" for name in {each for each in rules.ids if rules.ids.count(each) > 1}]
    found += [f"no element has the id “{name}”" for name in rules.targets if name not in rules.ids]
    found += [
        f"h{below} follows h{above}"
        for above, below in zip(rules.levels, rules.levels[1:], strict=False)
        if below > above + 1
    ]
    if rules.levels.count(1) != 1 or rules.levels[0] != 1:
        found.append("there must be one h1, and it must be the first heading")
    return found
