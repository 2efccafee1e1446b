"""The public Python API: one function per use case, which returns values and prints nothing.

docs/how-to/use-from-python.md has examples.

Everything in `__all__` can be imported from here. It is loaded when it is first used, so importing this package is
fast. The modules inside this package may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composer.app.administration.database_versions import back_up_database as back_up_database
    from composer.app.administration.database_versions import upgrade_database as upgrade_database
    from composer.app.administration.doctor_run import diagnose as diagnose
    from composer.app.context import MailingContext as MailingContext
    from composer.app.context import open_newsletter as open_newsletter
    from composer.app.issues.build import BuildResult as BuildResult
    from composer.app.issues.build import BuiltEdition as BuiltEdition
    from composer.app.issues.build import build as build
    from composer.app.issues.check import all_checks as all_checks
    from composer.app.issues.check import check as check
    from composer.app.issues.drafting import ChangeDecision as ChangeDecision
    from composer.app.issues.drafting import DraftedIssue as DraftedIssue
    from composer.app.issues.drafting import DraftFile as DraftFile
    from composer.app.issues.drafting import draft_issue as draft_issue
    from composer.app.issues.drafting import draft_section as draft_section
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
    from composer.app.mailings.due_run import send_due as send_due
    from composer.app.mailings.mailing_proposal import ProposedMailing as ProposedMailing
    from composer.app.mailings.mailing_proposal import propose as propose
    from composer.app.mailings.mailing_resumption import ProposedResumption as ProposedResumption
    from composer.app.mailings.mailing_resumption import propose_resumption as propose_resumption
    from composer.app.mailings.mailing_resumption import resume as resume
    from composer.app.mailings.mailing_run import RunControls as RunControls
    from composer.app.mailings.mailing_run import RunFinished as RunFinished
    from composer.app.mailings.mailing_run import RunRefused as RunRefused
    from composer.app.mailings.mailing_start import send as send
    from composer.app.mailings.mailing_status import status as status
    from composer.app.mailings.mailing_stop import stop as stop
    from composer.app.mailings.report_files import report as report
    from composer.app.mailings.send_options import SendOptions as SendOptions
    from composer.app.mailings.send_target import target_of as target_of
    from composer.app.mailings.settlement import SettleDecision as SettleDecision
    from composer.app.mailings.settlement import settle as settle
    from composer.app.mailings.settlement import unconfirmed as unconfirmed
    from composer.app.people.bounce_decisions import decide_holds as decide_holds
    from composer.app.people.bounce_decisions import held_bounces_of as held_bounces_of
    from composer.app.people.bounce_decisions import undo_bounces as undo_bounces
    from composer.app.people.bounce_intake import ingest_files as ingest_files
    from composer.app.people.health_report import audience_health as audience_health
    from composer.app.people.import_undo import import_to_undo as import_to_undo
    from composer.app.people.import_undo import undo_import as undo_import
    from composer.app.people.list_export import write_subscribers as write_subscribers
    from composer.app.people.list_export import write_suppressions as write_suppressions
    from composer.app.people.list_import import ImportRequest as ImportRequest
    from composer.app.people.list_import import ListImport as ListImport
    from composer.app.people.list_import import import_list as import_list
    from composer.app.people.list_import import import_suppressions as import_suppressions
    from composer.app.people.person_erasure import erase_person as erase_person
    from composer.app.people.person_record import person_on_record as person_on_record
    from composer.app.people.subscriber_edits import NewSubscriber as NewSubscriber
    from composer.app.people.subscriber_edits import add_subscriber as add_subscriber
    from composer.app.people.subscriber_edits import move_subscriber as move_subscriber
    from composer.app.people.subscriber_edits import tag_subscribers as tag_subscribers
    from composer.app.people.subscriber_edits import unsubscribe as unsubscribe
    from composer.app.people.subscriber_search import find_subscriber as find_subscriber
    from composer.app.people.subscriber_search import subscribers_meant as subscribers_meant
    from composer.app.people.suppression_edits import suppress_addresses as suppress_addresses
    from composer.app.publishing.archive_publication import PublishResult as PublishResult
    from composer.app.publishing.issue_file_archive import publish_files as publish_files
    from composer.app.publishing.sent_archive import publish_sent as publish_sent
    from composer.app.scaffold.newsletter_creation import copy_sample as copy_sample
    from composer.app.scaffold.newsletter_creation import create_newsletter as create_newsletter
    from composer.app.scaffold.newsletter_setup import NewsletterSetup as NewsletterSetup
    from composer.app.scaffold.newsletter_setup import SectionChoice as SectionChoice
    from composer.app.text_editors.schema_files import write_schemas as write_schemas
    from composer.audience.bounce_holds import HoldDecision as HoldDecision
    from composer.audience.lists.formats.detection import tables_in as tables_in
    from composer.core.audience_filter import AudienceFilter as AudienceFilter
    from composer.core.errors import ComposeError as ComposeError
    from composer.core.errors import ContentError as ContentError
    from composer.core.errors import Level as Level
    from composer.core.errors import Problem as Problem
    from composer.core.workspace import Workspace as Workspace
    from composer.delivery.config.delivery_settings import settings_of as settings_of
    from composer.editions.check_reports import CheckReport as CheckReport
    from composer.pdf.printer import PdfPrinter as PdfPrinter

#: Module -> the names that it provides.
_MODULES = {
    "composer.app.administration.database_versions": ("back_up_database", "upgrade_database"),
    "composer.app.administration.doctor_run": ("diagnose",),
    "composer.app.context": ("MailingContext", "open_newsletter"),
    "composer.app.text_editors.schema_files": ("write_schemas",),
    "composer.app.publishing.archive_publication": ("PublishResult",),
    "composer.app.publishing.issue_file_archive": ("publish_files",),
    "composer.app.issues.build": ("BuildResult", "BuiltEdition", "build"),
    "composer.app.issues.check": ("all_checks", "check"),
    "composer.app.issues.drafting": ("ChangeDecision", "DraftFile", "DraftedIssue", "draft_issue", "draft_section"),
    "composer.app.issues.issue_lookup": ("IssueFile", "find_issue", "find_issues"),
    "composer.app.issues.new_issue": ("new_issue",),
    "composer.app.issues.overview": ("Overview", "overview"),
    "composer.app.issues.preview": ("WrittenPreview", "preview", "serve_preview", "write_preview"),
    "composer.app.issues.send_to_editors": ("EditorTest", "prepare_editor_test", "send_editor_test"),
    "composer.app.publishing.sent_archive": ("publish_sent",),
    "composer.app.issues.simulated_subscriber": ("find_preview_subscriber",),
    "composer.app.mailings.due_run": ("send_due",),
    "composer.app.mailings.mailing_proposal": ("ProposedMailing", "propose"),
    "composer.app.mailings.mailing_resumption": ("ProposedResumption", "propose_resumption", "resume"),
    "composer.app.mailings.mailing_run": ("RunControls", "RunFinished", "RunRefused"),
    "composer.app.mailings.mailing_start": ("send",),
    "composer.app.mailings.mailing_status": ("status",),
    "composer.app.mailings.mailing_stop": ("stop",),
    "composer.app.mailings.report_files": ("report",),
    "composer.app.mailings.send_options": ("SendOptions",),
    "composer.app.mailings.send_target": ("target_of",),
    "composer.app.mailings.settlement": ("SettleDecision", "settle", "unconfirmed"),
    "composer.app.people.bounce_decisions": ("decide_holds", "held_bounces_of", "undo_bounces"),
    "composer.app.people.bounce_intake": ("ingest_files",),
    "composer.app.people.health_report": ("audience_health",),
    "composer.app.people.import_undo": ("import_to_undo", "undo_import"),
    "composer.app.people.list_export": ("write_subscribers", "write_suppressions"),
    "composer.app.people.list_import": ("ImportRequest", "ListImport", "import_list", "import_suppressions"),
    "composer.app.people.person_erasure": ("erase_person",),
    "composer.app.people.person_record": ("person_on_record",),
    "composer.app.people.subscriber_edits": (
        "NewSubscriber",
        "add_subscriber",
        "move_subscriber",
        "tag_subscribers",
        "unsubscribe",
    ),
    "composer.app.people.subscriber_search": ("find_subscriber", "subscribers_meant"),
    "composer.app.people.suppression_edits": ("suppress_addresses",),
    "composer.app.scaffold.newsletter_creation": ("copy_sample", "create_newsletter"),
    "composer.app.scaffold.newsletter_setup": ("NewsletterSetup", "SectionChoice"),
    "composer.audience.bounce_holds": ("HoldDecision",),
    "composer.audience.lists.formats.detection": ("tables_in",),
    "composer.core.audience_filter": ("AudienceFilter",),
    "composer.core.errors": ("ComposeError", "ContentError", "Level", "Problem"),
    "composer.core.workspace": ("Workspace",),
    "composer.delivery.config.delivery_settings": ("settings_of",),
    "composer.editions.check_reports": ("CheckReport",),
    "composer.pdf.printer": ("PdfPrinter",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
__all__ = tuple(_MODULE_OF)


if not TYPE_CHECKING:  # Type checkers report names that do not exist.

    def __getattr__(name: str) -> object:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
