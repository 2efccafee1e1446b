"""What templates may read: the same as in Jinja2's sandbox, also when it is remembered."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace

from jinja2.sandbox import SandboxedEnvironment

from composer.content.values.field_values import Group
from composer.render.templating.template_sandbox import TemplateSandbox


def _generator() -> Iterator[int]:
    yield 1


def test_every_attribute_is_judged_as_by_jinja() -> None:
    """For objects of all kinds that lead to code or to the program."""
    objects: tuple[object, ...] = (
        "text", 1, (1,), {"a": 1}, str, type, Group({"title": "a"}), Group, _generator, _generator(), len, "a".join,
        Group({}).__iter__, _generator.__code__, sys._getframe(), SimpleNamespace(title=1), ValueError("a"),
    )  # fmt: skip
    theirs, ours = SandboxedEnvironment(), TemplateSandbox()
    for _ in range(2):
        for each in objects:
            for name in {*dir(each), "title", "mro", "f_back", "gi_frame", "gi_code", "func_globals", "__class__"}:
                assert ours.is_safe_attribute(each, name, None) == theirs.is_safe_attribute(each, name, None), name
