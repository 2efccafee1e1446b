"""The sandbox in which templates run.

Input: an attribute that a template reads. Output: whether it may. Guarantees: judges as Jinja2's sandbox does.
"""

from typing import Any

from jinja2.sandbox import SandboxedEnvironment


class TemplateSandbox(SandboxedEnvironment):
    """A sandbox that remembers which attributes are safe: it depends on the type of an object."""

    def __init__(self, **options: Any) -> None:
        """Create an environment with Jinja2's options."""
        super().__init__(**options)
        self._safe: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Check whether a template may read an attribute."""
        key = type(obj), attr
        if key not in self._safe:
            self._safe[key] = super().is_safe_attribute(obj, attr, value)
        return self._safe[key]
