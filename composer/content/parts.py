"""The parts of an issue that carry `only:`, and whether every edition that comes of them is a whole one.

Comes in: the newsletter's sections, an issue's values and nodes. Goes out: parts, and problems at the lines of `only:`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.content.audiences import ONLY, condition_in, condition_problem, is_told
from composer.content.newsletter import Newsletter
from composer.content.nodes import Mapping, Nodes, Path, Scalar
from composer.content.sections import SectionSpec
from composer.content.selections import MOST_SELECTIONS, Part, Selection
from composer.content.values import Group, Value, value_in
from composer.content.words import item_words, key_words, where
from composer.errors import Problem


def parts_of(newsletter: Newsletter, values: Group, nodes: Nodes, problems: list[Problem]) -> tuple[Part, ...]:
    """Find the parts that are not for everyone, each behind the one it lies in.

    What can mean nobody, or would mean everybody by mistake, is added to the problems.
    """
    found: list[Part] = []
    for spec in newsletter.sections:
        content = values[spec.key]
        items = content if isinstance(content, tuple) else ()
        whole: tuple[tuple[Path, Value], ...] = (((spec.key,), content),)
        pieces = tuple(((spec.key, index), item) for index, item in enumerate(items)) or whole
        if not all(isinstance(nodes.get(path), Mapping) for path, _ in pieces):
            # Not there, or broken, which is told: positions would not be those of the nodes.
            continue
        around: int | None = None
        if spec.only_place is not None:
            is_hollow = bool(items) and all(_only(nodes, path) for path, _ in pieces)
            trail = (key_words(spec.key),)
            found.append(
                Part(path=(spec.key,), trail=trail, condition=spec.only, place=spec.only_place, is_hollow=is_hollow)
            )
            around = len(found) - 1
        for path, value in pieces:
            found += _part(newsletter, spec, path, value, nodes, around, problems)
    return tuple(found)


def _only(nodes: Nodes, path: Path) -> Path | None:
    """Give the path of a part's `only:`, where one is written."""
    node = nodes.get(path)
    return (*path, ONLY) if isinstance(node, Mapping) and node.get(ONLY) is not None else None


def _part(
    newsletter: Newsletter,
    spec: SectionSpec,
    path: Path,
    value: Value,
    nodes: Nodes,
    around: int | None,
    problems: list[Problem],
) -> Iterator[Part]:
    node = nodes[path]
    entry = next((each for each in node.entries if each.key.text == ONLY), None) if isinstance(node, Mapping) else None
    if entry is None or not isinstance(value, Group):
        return
    trail: tuple[str, ...] = (key_words(spec.key),)
    if isinstance(index := path[-1], int):
        trail = (*trail, item_words(spec.field(newsletter.definitions).items, spec.key, index + 1))
    condition, place = condition_in(value_in(value, ONLY)), entry.key.place
    mistake = condition_problem(condition, place, (*trail, ONLY))
    if mistake is None:
        yield Part(path=path, trail=trail, condition=condition, place=place, around=around)
    elif not is_told(entry.value, problems):
        problems.append(mistake)


def selection_problems(
    newsletter: Newsletter, values: Group, parts: Sequence[Part], selections: Sequence[Selection]
) -> Iterator[Problem]:
    """Say which editions would not be whole, each at the line of an `only:` that makes it so."""
    if len(selections) > MOST_SELECTIONS:
        message = (
            f"more than {MOST_SELECTIONS} different editions would come of the “only” in {_lines(parts)}; "
            f"there may be at most {MOST_SELECTIONS}"
        )
        yield parts[0].place.problem("only", message, "use the same few tags, or send a second issue")
        return
    for number, part in enumerate(parts):
        if part.around is not None and not any(number in selection.kept for selection in selections):
            around = parts[part.around].condition.in_words
            message = f"nobody would get it: the section is for {around}, this for {part.condition.in_words}"
            yield part.place.problem("only", where(part.trail, message), "take a tag out of one of them")
    for spec in newsletter.sections:
        if parts_here := [number for number, part in enumerate(parts) if part.path[0] == spec.key]:
            yield from _section_problems(spec, values[spec.key], parts, parts_here, selections)
    filled = [spec.key for spec in newsletter.sections if values[spec.key]]
    for selection in selections:
        if parts and not any(_count(values[key], key, parts, selection) for key in filled):
            message = f"{selection.readers} would get an edition without any section"
            yield parts[0].place.problem("only", message, "leave a section for everyone, or send to an audience")
            return


def _count(content: Value, key: str, parts: Sequence[Part], selection: Selection) -> int:
    """Count what an edition has of a section: its items, or 1 where it is no list."""
    lost = {part.path for number, part in enumerate(parts) if part.path[0] == key and number not in selection.kept}
    if (key,) in lost:
        return 0
    return sum((key, index) not in lost for index in range(len(content))) if isinstance(content, tuple) else 1


def _section_problems(
    spec: SectionSpec, content: Value, parts: Sequence[Part], here: Sequence[int], selections: Sequence[Selection]
) -> Iterator[Problem]:
    """Hold a section against `required`, `min` and `max` in every edition that is meant to have it."""
    least, most = spec.limits.get("minItems", 1), spec.limits.get("maxItems")
    told: set[str] = set()
    for selection in sorted(selections, key=lambda each: len(each.tags)):
        lost = [number for number in here if number not in selection.kept]
        if spec.only_place is not None and here[0] in lost and not spec.only.matches("", selection.tags):
            # newsletter.yaml says that these readers do not get it, in any issue.
            continue
        count = _count(content, spec.key, parts, selection)
        kind, message, hint, place = "", "", "", None
        if count == 0 and spec.required:
            kind, message = "required", f"{selection.readers} would get none, and every edition must have it"
            hint = "delete the “only”, or add one for them" if isinstance(content, tuple) else "delete the “only”"
        elif 0 < count < least and lost:
            kind, message = "min", f"{selection.readers} would get {_items(count)}; there must be at least {least}"
            hint = "leave more items without “only”"
        elif most is not None and count > most:
            kind, message = "max", f"{selection.readers} would get {_items(count)}; there may be at most {most}"
            hint = "give more items an “only”, or take some out"
            place = next(parts[number].place for number in reversed(here) if number in selection.kept)
        if kind and kind not in told:
            told.add(kind)
            place = place or parts[lost[0]].place
            yield place.problem("only", where((key_words(spec.key),), message), hint)


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _lines(parts: Sequence[Part]) -> str:
    """Name the lines of some parts' `only:`; with their files, where these are several."""
    places = list(dict.fromkeys((part.place.path, part.place.line) for part in parts))
    if len({path for path, _ in places}) > 1:
        return ", ".join(f"{path}:{line}" for path, line in places)
    return f"line{'s' if len(places) > 1 else ''} {', '.join(str(line) for _, line in places)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Lines of a file, both ends included."""

    path: str
    first: int
    last: int

    def holds(self, path: str, line: int) -> bool:
        """Whether a line is one of them."""
        return path == self.path and self.first <= line <= self.last


def span_of(part: Part, nodes: Nodes) -> Span:
    """Give the lines on which a part is written."""
    here = [node for path, node in nodes.items() if path[: len(part.path)] == part.path]
    own = nodes[part.path].source
    ends = (node.source.place(max(node.start, node.end - 1)).line for node in here if isinstance(node, Scalar))
    lines = [node.place.line for node in here if node.source is own]
    return Span(path=own.name, first=min(lines), last=max((*lines, *ends)))
