"""What a person sees before they say yes: the mailing as it would be, and what keeps it from going out.

Input: a `ProposedMailing`, or a mailing that is to go on. Output: printed lines, and the count as it was typed. Never sends.
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
from composer.core.errors import UsageError

if TYPE_CHECKING:
    from composer.app.mailings.mailing_proposal import ProposedMailing
    from composer.app.mailings.mailing_resumption import ProposedResumption
    from composer.delivery.preflight.preflight import Refusal
    from composer.delivery.preflight.proposal import Proposal

#: The code of the warning about a correction that is not in all languages of its issue.
MISSING_LANGUAGE = "missing-language"
#: Warnings that are shown one by one.
_MOST = 8


def show(proposed: "ProposedMailing") -> None:
    """Print a mailing as it would be, and what keeps it from going out."""
    proposal = proposed.proposal
    newsletter = proposal.newsletter
    console.answer(f"{newsletter.name}: {', '.join(each.stem for each in proposal.editions)}")
    for name, text in _lines(proposed):
        console.answer(f"  {name:<9} {text}")
    for language, number in proposal.missing_languages.items():
        got = f"{people(number)} got {proposal.selection.got} in {language}"
        console.answer(f"  warning   {got}, and this correction has no edition in it  [{MISSING_LANGUAGE}]")
    for problem in proposal.warnings[:_MOST]:
        console.answer(f"  warning   {problem.path}:{problem.line}: {problem.message}  [{problem.code}]")
    if (more := len(proposal.warnings) - _MOST) > 0:
        console.answer(f"            and {more} more: {command_line('check', proposal.editions[0].stem)}")
    if early := proposed.days_early:
        console.answer(f"  warning   the issue is dated {proposed.dated}, and would go out {early:,} days before")
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
    yield "sender", _mailbox(newsletter.sender) + (f"; answers go to {replies.address}" if replies else "")
    yield "audience", f"{proposal.selection.condition.in_words}: {proposal.counts.included:,}"
    for reason, number in proposal.counts.left_out.items():
        yield "left out", f"{number:,} {LEFT_OUT[reason]}"
    if len(proposal.variants) > 1:
        for variant in proposal.variants:
            number = proposal.survey.by_variant.get(variant.number, 0)
            yield "edition", f"{variant.built.issue.stem}, {variant.subscribers}: {number:,}"
    for known in proposal.known.editions:
        of = f"{known.stem}: " if len(proposal.editions) > 1 else ""
        tests = known.tests.sent
        others = len({address.lower() for _, address in tests}) - 1
        more = f" and {others} more" if others > 0 else ""
        yield "tested", of + (f"{when(tests[0][0], zone)}, {tests[0][1]}{more}" if tests else "not as it stands now")
        yield "checked", of + _checked(known.blockers, proposal, known.stem)
    if (approval := proposal.known.approval).needed:
        by = ", ".join(each.address for each in approval.approved) or "nobody"
        yield "approved", f"{len(approval.approved)} of {approval.needed} needed: {by}"
    for request in approval.returned:
        yield "changes", f"requested by {request.address}: {request.comment}"
    if (commit := proposed.commit) is not None:
        yield "commit", commit.id[:12] + (", everything committed" if commit.is_clean else ", with changes since")
    pace = f"{settings.rate:,.0f}/min" if settings.rate else "as fast as the server takes them"
    route = f"files in {MAILINGS.as_posix()}/" if proposed.is_rehearsal else proposed.route
    yield "leaves by", f"{route}, {pace}, {settings.connections} connections"
    if outlook.quota_left is not None:
        yield "quota", f"{outlook.quota_left:,} of {settings.daily_quota:,} left for these 24 hours"
    if outlook.finish is not None:
        yield "finished", f"about {when(outlook.finish, zone)}"


def _checked(blockers: Sequence[str], proposal: "Proposal", stem: str) -> str:
    warnings = sum(1 for each in proposal.warnings if stem in each.path)
    if blockers:
        return f"{', '.join(blockers)} to mend"
    if not proposal.warnings:
        return "nothing to mend"
    return f"nothing keeps it back; {warnings or len(proposal.warnings)} to look at"


def _mailbox(address: object) -> str:
    name, plain = getattr(address, "name", ""), getattr(address, "address", "")
    return f"{name} <{plain}>" if name else str(plain)


def show_rest(proposed: "ProposedResumption", zone: ZoneInfo, *, waits: str) -> None:
    """Print a mailing that is to go on, or to begin before its time, and what keeps it from that."""
    mailing = proposed.mailing
    does = f"is to go out {waits}" if waits else "goes on"
    console.answer(f"{title(mailing)} {does}, as it was frozen {when(mailing.made, zone)} by {mailing.made_by}")
    console.answer(f"  subject   {mailing.subject}")
    console.answer(f"  audience  {mailing.audience.in_words}: {identity(proposed.sums)}")
    console.answer(f"  leaves by {proposed.route}")
    show_refusals(proposed.refusals)
    show_waived(proposed.waived, proposed.allowed)


def show_refusals(refusals: "Iterable[Refusal]", *, lead: str = "refused") -> None:
    """Print what keeps a mailing from going out, each with its way out."""
    for each in refusals:
        console.talk(f"{lead}: {each.words}  [{each.code}]")
        console.talk(f"    {each.route}")
        if lead == "refused" and each.may_be_allowed and "--allow" not in each.route:
            console.talk(f'    or, if you know better:   --allow {each.code}="the reason"')


def show_waived(refusals: "Iterable[Refusal]", allowed: "Mapping[str, str]") -> None:
    """Print what was allowed, and why."""
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
    """Have the count typed; tell whether it was the right one. `also`: another count that `--yes` may name.

    `but`: what a script should know before it says so. `otherwise`: what is so after a wrong number.
    Raises UsageError where nobody can be asked, click.Abort on Ctrl-C.
    """
    if yes is not None:
        if yes in (count, also):
            return True
        console.talk(f"error: --yes {yes} is not the number of subscribers, which is {count}: {otherwise}")
        return False
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to be asked{but}", f"a script says   --yes {count}")
    typed = click.prompt(f"Type {count} to {what} {people(count)}", default="", show_default=False, err=True)
    if "".join(typed.split()).replace(",", "") == str(count):
        return True
    console.talk(f"error: that is not the number: {otherwise}")
    return False
