"""Fixtures: the use cases for operators also take an open newsletter."""

from tests.app.opened_newsletter import context

__all__ = ["context"]
