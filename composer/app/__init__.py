"""The public Python API: use cases, one function each: values in, values out, nothing printed (docs/scripting.md).

Everything in `__all__` can be imported from here, and is only imported when it is asked for: importing this package costs
nothing. Modules below it may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.app.context import MailingContext as MailingContext
    from composer.app.context import open_newsletter as open_newsletter
    from composer.app.editor_schemas import write_schemas as write_schemas
    from composer.app.issues.build import BuildResult as BuildResult
    from composer.app.issues.build import BuiltEdition as BuiltEdition
    from composer.app.issues.build import build as build
    from composer.app.issues.check import all_checks as all_checks
    from composer.app.issues.check import check as check
    from composer.app.issues.issue_lookup import (
        IssueFile as IssueFile,
    )
    from composer.app.issues.issue_lookup import (
        find_issue as find_issue,
    )
    from composer.app.issues.issue_lookup import (
        find_issues as find_issues,
    )
    from composer.app.issues.new_issue import new_issue as new_issue
    from composer.app.issues.overview import Overview as Overview
    from composer.app.issues.overview import overview as overview
    from composer.app.issues.preview import (
        WrittenPreview as WrittenPreview,
    )
    from composer.app.issues.preview import (
        preview as preview,
    )
    from composer.app.issues.preview import (
        serve_preview as serve_preview,
    )
    from composer.app.issues.preview import (
        write_preview as write_preview,
    )
    from composer.app.issues.send_to_editors import (
        EditorTest as EditorTest,
    )
    from composer.app.issues.send_to_editors import (
        prepare_editor_test as prepare_editor_test,
    )
    from composer.app.issues.send_to_editors import (
        send_editor_test as send_editor_test,
    )
    from composer.app.issues.simulated_subscriber import find_preview_subscriber as find_preview_subscriber
    from composer.app.starter import create_newsletter as create_newsletter
    from composer.core.errors import ComposeError as ComposeError
    from composer.core.errors import ContentError as ContentError
    from composer.core.errors import Level as Level
    from composer.core.errors import Problem as Problem
    from composer.core.workspace import Workspace as Workspace
    from composer.editions.check_reports import CheckReport as CheckReport

#: Module -> the names that it gives.
_MODULES = {
    "composer.app.context": ("MailingContext", "open_newsletter"),
    "composer.app.editor_schemas": ("write_schemas",),
    "composer.app.issues.build": ("BuildResult", "BuiltEdition", "build"),
    "composer.app.issues.check": ("all_checks", "check"),
    "composer.app.issues.issue_lookup": ("IssueFile", "find_issue", "find_issues"),
    "composer.app.issues.new_issue": ("new_issue",),
    "composer.app.issues.overview": ("Overview", "overview"),
    "composer.app.issues.preview": ("WrittenPreview", "preview", "serve_preview", "write_preview"),
    "composer.app.issues.send_to_editors": ("EditorTest", "prepare_editor_test", "send_editor_test"),
    "composer.app.issues.simulated_subscriber": ("find_preview_subscriber",),
    "composer.app.starter": ("create_newsletter",),
    "composer.core.errors": ("ComposeError", "ContentError", "Level", "Problem"),
    "composer.core.workspace": ("Workspace",),
    "composer.editions.check_reports": ("CheckReport",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
__all__ = tuple(_MODULE_OF)


if not TYPE_CHECKING:  # A name that is not there is a mistake that type checkers find.

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
