"""Use cases of whoever runs a newsletter take an open one, too."""

from tests.app.opened_newsletter import context

__all__ = ["context"]
