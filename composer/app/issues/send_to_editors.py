"""Sends a test of an issue to its editors.

Input: an issue's file, and the addresses. Output: the outcome of each message. If a server accepted the edition, that
is recorded, because sending requires it. Tests that are written to files are not recorded.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from composer.app.issues.issue_lookup import IssueFile
from composer.core.addresses import Address
from composer.core.environment import Environment
from composer.core.environment import environment as own_environment
from composer.core.errors import Level, UsageError
from composer.core.workspace import OUTBOX
from composer.delivery.config.resolve import hosts_of, signer_of, signing_host, transport_name
from composer.delivery.messages.editor_test import Addressed, TestSend, editors_of, messages, send_test, unique
from composer.editions.check_run import Checked, check_issue
from composer.editions.file_tests import folder_of_tests, record_file_test
from composer.editions.pipeline import BuiltVariant, hash_of, pick
from composer.transport.outbox_transport import FileTransport
from composer.transport.outcome import OutcomeState
from composer.transport.protocol import Transport
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorTest:
    """A test that is ready to send: every variant to every address."""

    issue: IssueFile
    #: `smtp`, or `outbox` for files.
    transport: str
    addresses: tuple[Address, ...]
    #: The variants that are sent: all, or the one that the subscriber gets.
    variants: tuple[BuiltVariant, ...]
    checked: Checked = field(repr=False)
    #: The subscriber whose values the messages contain; None for the editors' own values.
    subscriber: SampleSubscriber | None = field(default=None, repr=False)
    now: datetime.datetime
    environment: Environment = field(repr=False)

    @property
    def hash(self) -> str:
        """The hash of what is sent."""
        return hash_of(self.variants)

    @property
    def blockers(self) -> int:
        """The number of findings that prevent sending the issue to subscribers."""
        return sum(problem.level is Level.BLOCKER for problem in self.checked.problems)

    @property
    def missing(self) -> tuple[str, ...]:
        """The merge fields without a default for which the subscriber has no value."""
        return () if self.subscriber is None else tuple(self.variants[0].compiled.missing(self.subscriber.values))

    @property
    def folder(self) -> Path:
        """The folder for the messages without a mail server."""
        return folder_of_tests(self.issue.workspace, self.variants[0].built.issue.stem)


def prepare_editor_test(
    issue: IssueFile,
    *,
    to: Sequence[Address] = (),
    subscriber: str | None = None,
    transport: Literal["smtp", "outbox"] | None = None,
    now: datetime.datetime | None = None,
    environment: Environment | None = None,
) -> EditorTest:
    """Build and check an issue for a test, to the editors in newsletter.yaml or to the given addresses.

    `subscriber` is the address of the subscriber whose edition and values are sent. Without `transport`, the settings
    decide. Raises UsageError without addresses, UnknownSubscriberError, ContentError, CompilerError, DatabaseError.
    """
    environment, now = environment or own_environment(), now or datetime.datetime.now().astimezone()
    checked = check_issue(issue.workspace, issue.path, now)
    newsletter = checked.built.newsletter
    addresses = unique(list(to)) or editors_of(newsletter)
    if not addresses:
        hint = "use   --to name@example.org   or add   editors:   and below it   - name@example.org"
        raise UsageError("newsletter.yaml lists no editors", hint)
    variants, person = checked.variants, None
    if subscriber is not None:
        # Imported late: without a subscriber, no database is needed.
        from composer.app.issues.simulated_subscriber import find_preview_subscriber

        person = find_preview_subscriber(issue, subscriber, environment)
        variants = (pick(variants, person.language, person.tags),)
    return EditorTest(
        issue=issue,
        transport=transport or transport_name(newsletter, environment),
        addresses=addresses,
        variants=variants,
        checked=checked,
        subscriber=person,
        now=now.astimezone(newsletter.zone),
        environment=environment,
    )


def send_editor_test(
    test: EditorTest,
    progress: Callable[[TestSend], None] | None = None,
    *,
    started: Callable[[], None] | None = None,
) -> tuple[TestSend, ...]:
    """Send a test. `progress` is called with each outcome as soon as it is known, also if a person interrupts.

    `started` is called once all messages are composed, before the first is sent. Raises TransportError without a
    connection, HeaderError, SettingsError, DatabaseError: then nothing has been sent.
    """
    sent: list[TestSend] = []
    with _record(test) as record:
        newsletter, transport = test.checked.built.newsletter, _transport(test)
        host = signing_host(hosts_of(newsletter, test.environment)) if transport else ""
        sign = signer_of(newsletter, test.environment, host, int(test.now.timestamp()))
        values = test.subscriber.values if test.subscriber is not None else None
        # All messages are composed before the first is sent, so that errors are reported while nothing has been sent.
        ready = tuple(messages(test.variants, test.addresses, test.now, sign, values))
        if started is not None:
            started()
        for each in _hand_over(test, transport, ready):
            sent.append(each)
            if progress is not None:
                progress(each)
            record(each)
    return tuple(sent)


def _transport(test: EditorTest) -> Transport | None:
    if test.transport != "smtp":
        return None
    # Imported late: files need no connection.
    from composer.delivery.config.single_mail import single_mail_transport

    return single_mail_transport(test.checked.built.newsletter, test.issue.workspace, test.environment)


def _hand_over(test: EditorTest, transport: Transport | None, ready: tuple[Addressed, ...]) -> Iterator[TestSend]:
    if transport is not None:
        yield from send_test(transport, ready)
        return
    for variant in test.variants:
        # Files are named by address, so each variant needs its own folder.
        place = test.folder / variant.name if len(test.variants) > 1 else test.folder
        yield from send_test(
            FileTransport(place, test.issue.workspace.root / OUTBOX),
            tuple(each for each in ready if each.variant == variant.number),
        )
    if test.variants == test.checked.variants:
        record_file_test(test.issue.workspace, test.variants[0].built.issue.stem, test.hash)


@contextmanager
def _record(test: EditorTest) -> Iterator[Callable[[TestSend], None]]:
    """Provide a function that records when a server has accepted all variants of the edition for one editor.

    The database is opened before the first message is sent, so that every message is recorded.
    """
    if test.transport != "smtp":
        yield lambda sent: None
        return
    # Imported late: files need no database.
    from composer.database.location import location_of
    from composer.database.schema_upgrade import open_database
    from composer.delivery.approval.recorded_editions import edition_of, record_test

    checked = test.checked
    edition = edition_of(checked.variants)
    taken: Counter[str] = Counter()
    location = location_of(checked.built.newsletter, test.issue.workspace, test.environment.environment)
    with open_database(location) as database:

        def record(sent: TestSend) -> None:
            taken[sent.to.address] += sent.outcome.state is OutcomeState.ACCEPTED
            if sent.outcome.state is OutcomeState.ACCEPTED and taken[sent.to.address] == len(checked.variants):
                at = datetime.datetime.now(datetime.UTC)
                with database.write() as connection:
                    record_test(connection, edition, sent.to.address, str(sent.outcome.reply or ""), at)

        yield record
