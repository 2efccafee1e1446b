"""The state that the page shows, as JSON.

Input: a `ShownVariant`. Output: JSON that is also safe inside an HTML page. Guarantees: contains no path outside the workspace,
and no data of a real subscriber except the one that `--as` names.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields

from composer.core.errors import Problem, grouped
from composer.core.untrusted.untrusted_text import tame, visible
from composer.mail.merge_slots import fill_text
from composer.web.preview.simulation.gmail_clip import LIMIT, Hidden, clip
from composer.web.preview.simulation.inbox_row import Row, rows
from composer.web.preview.simulation.reading_order import Line, SpokenKind, reading_order
from composer.web.preview.simulation.reading_time import lengths
from composer.web.preview.simulation.sample_subscribers import SampleSubscriber, values_for
from composer.web.preview.view_model import ListedIssue, PreviewModel, ShownVariant
from composer.web.preview.views import places

#: Number of characters of the edition that are shown in place of a missing preheader.
_BEGINNING = 200


def as_json(value: object) -> bytes:
    """Return JSON without characters that HTML could read as a tag."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.encode(errors="replace")


def state(
    shown: ShownVariant, panels: Mapping[str, object] | None, editor: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Return the page's state. `panels` are those of `shown.model`, `editor` the addresses that open files, by name."""
    return {
        "editor": dict(editor or {}),
        "version": shown.version,
        "edition": shown.edition,
        "isBroken": shown.is_broken,
        "error": tame(shown.error),
        "built": shown.built.isoformat(timespec="seconds") if shown.built else None,
        "clock": f"{shown.built:%H:%M:%S}" if shown.built else "",
        "milliseconds": round(shown.milliseconds, 1),
        "problems": [
            _problem(problem, group)
            for group, (first, others) in enumerate(grouped(shown.problems))
            for problem in (first, *others)
        ],
        "look": panels,
    }


def files_of(shown: ShownVariant) -> Iterator[str]:
    """Yield the names of the files that the page mentions, some of them several times."""
    yield from (problem.path for problem in shown.problems)
    for each in shown.model.variants if shown.model else ():
        yield from (place.rsplit(":", 2)[0] for place in places(each.html))


def listed_issues(current: str, issues: Iterable[ListedIssue]) -> dict[str, object]:
    """Return the issues that the page can switch to, and the name of its own."""
    listed = [{"stem": each.stem, "date": each.date, "language": each.language} for each in issues]
    return {"current": current, "issues": listed}


def _problem(problem: Problem, group: int) -> dict[str, object]:
    """Return a finding. Findings of one group are shown together."""
    return {
        "group": group,
        "level": problem.level.value,
        "code": problem.code,
        "message": visible(problem.message),
        "hint": visible(problem.hint),
        "path": visible(problem.path),
        "line": problem.line,
        "column": problem.column,
        "who": problem.who.value,
    }


def panels(
    model: PreviewModel, also: Callable[[PreviewModel], Mapping[str, object]] = lambda model: {}
) -> dict[str, object]:
    """Return the panels of an edition, which every view shows; `variants` contains those of the other variants.

    `also` returns more values for each variant.
    """
    others = {each.number: {**_panels(each), **also(each)} for each in model.others}
    variants = [
        {"number": each.number, "subscribers": each.subscribers, "look": others.get(each.number)}
        for each in model.variants
    ]
    asked = {"subscriber": model.asked.key, "variant": str(model.asked_variant)} if model.asked else {}
    return {**_panels(model), **also(model), "variants": variants, "asked": asked}


def _panels(model: PreviewModel) -> dict[str, object]:
    people = model.people
    cut = clip(model)
    return {
        "number": model.number,
        "name": model.name,
        "issue": visible(model.issue),
        "subject": fill_text(model.subject, values_for(people[0], model.fields)),
        "language": model.language,
        "subscribers": [{"key": person.key, "label": tame(person.label)} for person in people],
        "places": places(model.html),
        "hasPreheader": bool(model.preheader),
        "size": {
            "limit": LIMIT,
            "total": cut.total,
            "parts": [
                {"key": key, "heading": model.headings.get(key) or _named(key), "bytes": size}
                for key, size in model.sizes.items()
            ],
            "before": cut.before,
            "hidden": cut.hidden,
            "sections": [_values(section) for section in cut.sections],
        },
    }


def _values(value: Hidden | Row) -> dict[str, object]:
    """Return the fields by name. `asdict` fails here, because it would copy texts that know their place in a file."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _named(key: str) -> str:
    return "Page around the sections" if key == "page" else key.replace("_", " ")


def _lengths(model: PreviewModel) -> list[dict[str, object]]:
    return [
        {"key": each.key, "heading": model.headings.get(each.key) or _named(each.key), "words": each.words}
        | {"minutes": round(each.minutes, 2)}
        for each in lengths(model.html, model.language)
    ]


def _texts(model: PreviewModel) -> dict[str, str]:
    return {person.key: fill_text(model.text, values_for(person, model.fields)) for person in model.people}


def _inboxes(model: PreviewModel) -> dict[str, list[dict[str, object]]]:
    preheader = model.preheader
    if not preheader:
        lines = reading_order(model.html, model.language)
        preheader = " ".join(line.text for line in lines if line.kind is not SpokenKind.LIST)[:_BEGINNING]
    return {person.key: _inbox(model, person, preheader) for person in model.people}


def _inbox(model: PreviewModel, subscriber: SampleSubscriber, preheader: str) -> list[dict[str, object]]:
    values = values_for(subscriber, model.fields)
    made = rows(model.sender, fill_text(model.subject, values), fill_text(preheader, values))
    return [_values(row) for row in made]


def _order(model: PreviewModel) -> list[dict[str, object]]:
    filled = tuple((person.key, values_for(person, model.fields)) for person in model.people)
    return [_line(line, filled) for line in reading_order(model.html, model.language)]


def _line(line: Line, filled: tuple[tuple[str, Mapping[str, str]], ...]) -> dict[str, object]:
    """Return a line without a subscriber, and for each subscriber with a different text."""
    (_, nobody), *people = filled
    usual = _parts(line, nobody)
    # Without merge fields, the line is the same for everyone.
    is_same = all(
        piece["text"] == part.text and piece.get("link", "") == part.link
        for piece, part in zip(usual, line.parts, strict=True)
    )
    said = {} if is_same else {key: _parts(line, values) for key, values in people}
    return {
        "kind": line.kind,
        "level": line.level,
        "count": line.count,
        "at": line.at,
        "parts": usual,
        "for": {key: parts for key, parts in said.items() if parts != usual},
    }


def _parts(line: Line, values: Mapping[str, str]) -> list[dict[str, object]]:
    made = []
    for part in line.parts:
        piece: dict[str, object] = {"text": fill_text(part.text, values)}
        if part.link:
            piece["link"] = fill_text(part.link, values)
        if part.is_picture:
            piece["picture"] = True
        if part.language:
            piece["language"] = part.language
        made.append(piece)
    return made


#: The views without frames, and the lengths of sections. Each is made only when a page shows it, so that a build does not wait.
VIEWS: Mapping[str, Callable[[PreviewModel], object]] = {
    "text": _texts,
    "inbox": _inboxes,
    "order": _order,
    "headers": lambda model: model.headers,
    "source": lambda model: model.mailed.decode(errors="replace"),
    "lengths": _lengths,
}
