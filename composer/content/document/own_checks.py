"""Mistakes in newsletter.yaml and in issues that the schema cannot express.

Input: nodes, and the values that were read from them. Output: problems. Guarantees: pure; nothing is said twice about
one value.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from composer.content.schema.audiences import is_told
from composer.content.values.field_values import Group, value_in
from composer.content.yaml.nodes import Mapping as MappingNode
from composer.content.yaml.nodes import Node, Scalar
from composer.content.yaml.nodes import Sequence as SequenceNode
from composer.core.addresses import mailbox_of, parse_address
from composer.core.errors import Problem

#: What people write after `withdrawn:` instead of the reason.
_SWITCHES = frozenset(("true", "yes", "on", "y", "false", "no", "off", "n", "null", "~"))


def check_approvals(node: Node | None, approvals: Group, problems: list[Problem]) -> None:
    """Check that there are enough people for the approvals needed."""
    needed, by = value_in(approvals, "needed"), value_in(approvals, "by")
    if node is None or not isinstance(needed, int) or not isinstance(by, tuple) or is_told(node, problems):
        return
    people = len({mailbox_of(parse_address(each).address) for each in by if isinstance(each, str)})
    if needed > people:
        written = node.get("needed") if isinstance(node, MappingNode) else None
        message = f"approvals: {needed} needed, but only {people} {'person' if people == 1 else 'people'} may approve"
        place = (written or node).place
        once = "" if people == len(by) else "a mailbox counts once, whatever follows a + in its address: "
        problems.append(place.problem("count", message, f"{once}add people below   by:   or lower   needed:"))


def check_servers(node: Node | None, problems: list[Problem]) -> None:
    """Check that mail servers have different names, and that one of them sends to all domains."""
    servers = node.get("smtp") if isinstance(node, MappingNode) else None
    if not isinstance(servers, SequenceNode):
        return
    items = [each for each in servers.items if isinstance(each, MappingNode)]
    seen: set[str] = set()
    for each in items:
        name = each.get("name")
        if isinstance(name, Scalar) and name.text.strip() in seen:
            message = f"delivery, smtp: two servers have the name “{name.text.strip()}”"
            problems.append(name.place.problem("duplicate-key", message, "give each server its own name"))
        elif isinstance(name, Scalar):
            seen.add(name.text.strip())
    if items and all(each.get("domains") is not None for each in items):
        message = "delivery, smtp: every server has domains, so no server sends to the other recipients"
        problems.append(servers.place.problem("required", message, "remove   domains:   from one server"))


def check_archive(node: Node | None, problems: list[Problem]) -> None:
    """Check that pages can be below the archive's address: it has nothing after `?` or `#`."""
    url = node.get("url") if isinstance(node, MappingNode) else None
    if not isinstance(url, Scalar) or not ("?" in url.text or "#" in url.text):
        return
    text = url.text.strip()
    try:
        folder = urlsplit(text)._replace(query="", fragment="").geturl()
    except ValueError:
        return
    message = f"archive: url: the addresses of pages cannot be made from “{text}”"
    problems.append(url.place.problem("url", message, f"leave out everything from ? or #:   url: {folder}"))


def withdrawn_problems(node: Node | None) -> Iterator[Problem]:
    """Yield the problem of `withdrawn:` without a reason, because readers see what is written there."""
    if isinstance(node, Scalar) and (node.is_empty or node.text.strip().lower() in _SWITCHES):
        message = "withdrawn: the reason is missing, and readers see it instead of the issue"
        hint = "write   withdrawn: The figures in this issue were wrong.   or delete the line"
        yield node.place.problem("required", message, hint)
