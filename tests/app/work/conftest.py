"""Fixtures: the use cases about people take an open newsletter."""

from tests.app.opened_newsletter import context

__all__ = ["context"]
