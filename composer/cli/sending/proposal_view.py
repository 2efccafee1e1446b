"""What a person sees before they confirm: the mailing as it would be sent, and what prevents it.

Input: a `ProposedMailing`, or a mailing to resume. Output: printed lines, and whether the count was typed correctly.
Guarantees: sends nothing.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from composer.app.mailings.send_options import MAILINGS
from composer.cli.ui import console
from composer.cli.ui.mailing_texts import LEFT_OUT, identity, people, title, when
from composer.core.command_lines import command_line
from composer.core.errors import UsageError, grouped, places_in_words

if TYPE_CHECKING:
    from composer.app.mailings.mailing_proposal import ProposedMailing
    from composer.app.mailings.mailing_resumption import ProposedResumption
    from composer.delivery.config.resolve import ConfiguredRoute
    from composer.delivery.preflight.preflight import EditionFacts, Refusal

#: The code of the warning about a correction that does not exist in all languages of its issue.
MISSING_LANGUAGE = "missing-language"
#: The most warnings shown one by one.
_MOST = 8


def show(proposed: "ProposedMailing") -> None:
    """Print a mailing as it would be sent, and what prevents it."""
    proposal = proposed.proposal
    newsletter = proposal.newsletter
    console.answer(f"{newsletter.name}: {', '.join(each.stem for each in proposal.editions)}")
    for name, text in _lines(proposed):
        console.answer(f"  {name:<9} {text}")
    for language, number in proposal.missing_languages.items():
        got = f"{people(number)} received {proposal.selection.got} in {language}"
        console.answer(f"  warning   {got}, but this correction has no edition in that language  [{MISSING_LANGUAGE}]")
    groups = grouped(proposal.warnings)
    for problem, others in groups[:_MOST]:
        console.answer(f"  warning   {problem.path}:{problem.line}: {problem.message}  [{problem.code}]")
        if others:
            console.answer(f"            and {len(others)} more like it, at {places_in_words(others)}")
    if (more := sum(1 + len(others) for _, others in groups[_MOST:])) > 0:
        found = [each.stem for each in proposal.known.editions if each.warnings]
        console.answer(f"            and {more} more: {command_line('check', *found)}")
    if early := proposed.days_early:
        console.answer(f"  warning   the issue is dated {proposed.dated}, and would be sent {early:,} days before")
    if proposed.is_rehearsal:
        show_refusals(proposed.later_refusals, lead="before a real send")
    else:
        show_refusals(proposed.refusals)
        show_waived(proposed.waived, proposed.options.allowed)


def _lines(proposed: "ProposedMailing") -> Iterator[tuple[str, str]]:
    proposal, settings, outlook = proposed.proposal, proposed.settings, proposed.outlook
    newsletter, zone = proposal.newsletter, proposal.newsletter.zone
    for each in proposal.editions:
        yield "subject", each.subject + (f"   ({each.language})" if len(proposal.editions) > 1 else "")
    replies = newsletter.reply_to
    yield "sender", _mailbox(newsletter.sender) + (f"; replies go to {replies.address}" if replies else "")
    yield "audience", f"{proposal.selection.condition.in_words}: {proposal.counts.included:,}"
    for reason, number in proposal.counts.left_out.items():
        yield "excluded", f"{number:,} {LEFT_OUT[reason]}"
    if len(proposal.variants) > 1:
        for variant in proposal.variants:
            number = proposal.survey.by_variant.get(variant.number, 0)
            yield "edition", f"{variant.built.issue.stem}, {variant.subscribers}: {number:,}"
    for known in proposal.known.editions:
        of = f"{known.stem}: " if len(proposal.editions) > 1 else ""
        tests = known.tests.sent
        others = len({address.lower() for _, address in tests}) - 1
        more = f" and {others} more" if others > 0 else ""
        yield (
            "tested",
            of + (f"{when(tests[0][0], zone)}, {tests[0][1]}{more}" if tests else "not in its current version"),
        )
        yield "checked", of + _checked(known)
    if (approval := proposal.known.approval).needed:
        by = ", ".join(each.address for each in approval.approved) or "none yet"
        yield "approved", f"{len(approval.approved)} of {approval.needed} required: {by}"
    for request in approval.returned:
        yield "changes", f"requested by {request.address}: {request.comment}"
    if (commit := proposed.commit) is not None:
        yield "commit", commit.id[:12] + (", everything committed" if commit.is_clean else ", with uncommitted changes")
    if proposed.is_rehearsal:
        yield "sent by", _with_limits(f"files in {MAILINGS.as_posix()}/", settings.rate, settings.connections)
    for line in _routes(proposed.routes):
        yield "sent by", line
    if outlook.quota_left is not None:
        yield "quota", f"{outlook.quota_left:,} of {outlook.daily:,} left in the current 24 hours"
    if outlook.finish is not None:
        yield "finishes", f"about {when(outlook.finish, zone)}"


def _routes(routes: "Sequence[ConfiguredRoute]") -> Iterator[str]:
    """Yield a line for each mail server, in the order of preference."""
    for each in routes:
        place = f"{each.server.host}:{each.server.port}"
        name = place if each.name is None else f"{each.name} ({place})"
        only = f", only for {', '.join(sorted(each.domains))}" if each.domains else ""
        yield _with_limits(name, each.rate, each.connections) + only


def _with_limits(name: str, rate: float | None, connections: int) -> str:
    pace = f"{rate:,.0f}/min" if rate else "as fast as the server accepts messages"
    return f"{name}, {pace}, {connections} connections"


def _checked(known: "EditionFacts") -> str:
    if known.blockers:
        return f"blockers to fix: {', '.join(known.blockers)}"
    if not known.warnings:
        return "no problems found"
    return f"no blockers; {known.warnings} warning{'' if known.warnings == 1 else 's'}"


def _mailbox(address: object) -> str:
    name, plain = getattr(address, "name", ""), getattr(address, "address", "")
    return f"{name} <{plain}>" if name else str(plain)


def show_rest(proposed: "ProposedResumption", zone: ZoneInfo, *, waits: str) -> None:
    """Print a mailing that would be resumed, or sent before its scheduled time, and what prevents it."""
    mailing = proposed.mailing
    does = f"is scheduled for {waits}" if waits else "continues"
    console.answer(f"{title(mailing)} {does}, as it was frozen {when(mailing.made, zone)} by {mailing.made_by}")
    console.answer(f"  subject   {mailing.subject}")
    console.answer(f"  audience  {mailing.audience.in_words}: {identity(proposed.sums)}")
    for each in proposed.routes:
        place = f"{each.server.host}:{each.server.port}"
        console.answer(f"  sent by   {place if each.name is None else f'{each.name} ({place})'}")
    show_refusals(proposed.refusals)
    show_waived(proposed.waived, proposed.allowed)


def show_refusals(refusals: "Iterable[Refusal]", *, lead: str = "refused") -> None:
    """Print what prevents a mailing from being sent, each with its remedy."""
    for each in refusals:
        console.talk(f"{lead}: {each.words}  [{each.code}]")
        console.talk(f"    {each.route}")
        if lead == "refused" and each.may_be_allowed and "--allow" not in each.route:
            console.talk(f'    or, to send anyway:   --allow {each.code}="the reason"')


def show_waived(refusals: "Iterable[Refusal]", allowed: "Mapping[str, str]") -> None:
    """Print which refusals were overridden, and why."""
    for code, count in Counter(each.code for each in refusals).items():
        console.answer(f"  allowed   {code}{f' ({count})' if count > 1 else ''}: {allowed[code]}")


def ask(
    count: int,
    *,
    yes: int | None,
    also: int | None = None,
    what: str = "send it to",
    but: str = "",
    otherwise: str = "nothing was sent",
) -> bool:
    """Ask the person to type the count, and return whether it is correct. `also`: another count that `--yes` may give.

    `but`: what a script should know before it confirms. `otherwise`: the result of a wrong number.
    Raises UsageError without a terminal, click.Abort on Ctrl-C.
    """
    if yes is not None:
        if yes in (count, also):
            return True
        console.talk(f"error: --yes {yes} does not match the number of recipients, {count}: {otherwise}")
        return False
    if not sys.stdin.isatty():
        raise UsageError(f"not a terminal: confirm with --yes {count}{but}", otherwise)
    typed = click.prompt(f"Type {count} to {what} {people(count)}", default="", show_default=False, err=True)
    if "".join(typed.split()).replace(",", "") == str(count):
        return True
    console.talk(f"error: the number does not match: {otherwise}")
    return False
