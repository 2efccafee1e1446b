"""Conditional blocks: the sections and items with `only:`, and the checks of the editions they produce.

Input: the newsletter's sections, an issue's values and nodes. Output: blocks, and problems at the lines of `only:`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from composer.content.document.newsletter import Newsletter
from composer.content.document.section_lists import read_list
from composer.content.document.sections import SectionSpec
from composer.content.document.variants import MOST_VARIANTS, ConditionalBlock, IssueVariant
from composer.content.schema.audiences import ONLY, condition_in, condition_problem, is_told
from composer.content.schema.messages import item_words, key_words, where
from composer.content.values.field_values import Group, Value, value_in
from composer.content.yaml.nodes import Mapping, Nodes, Path, Scalar
from composer.core.errors import Problem


def conditional_blocks_of(
    newsletter: Newsletter, values: Group, nodes: Nodes, problems: list[Problem]
) -> tuple[ConditionalBlock, ...]:
    """Find the blocks that are not for everyone, each after the block that contains it.

    Add a problem for each condition that is empty or can match no subscriber.
    """
    found: list[ConditionalBlock] = []
    for spec in newsletter.sections:
        content = values[spec.key]
        items = _paths_of(spec, content)
        whole: tuple[tuple[Path, Value], ...] = (((spec.key,), content),)
        pieces = items if spec.type.content.is_array else whole
        if not pieces or not all(isinstance(nodes.get(path), Mapping) for path, _ in pieces):
            # Missing, or broken and reported: the positions would not match the nodes.
            continue
        around: int | None = None
        if spec.only_place is not None:
            is_hollow = bool(items) and all(_is_block(nodes, path) for path, _ in pieces)
            trail = (key_words(spec.key),)
            found.append(
                ConditionalBlock(
                    path=(spec.key,), trail=trail, condition=spec.only, place=spec.only_place, is_hollow=is_hollow
                )
            )
            around = len(found) - 1
        for path, value in pieces:
            found += _block(newsletter, spec, path, value, nodes, around, problems)
    return tuple(found)


def _paths_of(spec: SectionSpec, content: Value) -> tuple[tuple[Path, Value], ...]:
    """Return the items of a list with their paths."""
    return read_list(spec.key, content).pieces if spec.type.content.is_array else ()


def _is_block(nodes: Nodes, path: Path) -> bool:
    node = nodes.get(path)
    return isinstance(node, Mapping) and node.get(ONLY) is not None


def _block(
    newsletter: Newsletter,
    spec: SectionSpec,
    path: Path,
    value: Value,
    nodes: Nodes,
    around: int | None,
    problems: list[Problem],
) -> Iterator[ConditionalBlock]:
    node = nodes[path]
    entry = next((each for each in node.entries if each.key.text == ONLY), None) if isinstance(node, Mapping) else None
    if entry is None or not isinstance(value, Group):
        return
    trail: tuple[str, ...] = (key_words(spec.key),)
    if len(path) > 2 and isinstance(group := path[-3], int):
        trail = (*trail, f"group {group + 1}")
    if isinstance(index := path[-1], int):
        trail = (*trail, item_words(spec.field(newsletter.definitions).items, spec.key, index + 1))
    condition, place = condition_in(value_in(value, ONLY)), entry.key.place
    mistake = condition_problem(condition, place, (*trail, ONLY))
    if mistake is None:
        yield ConditionalBlock(path=path, trail=trail, condition=condition, place=place, around=around)
    elif not is_told(entry.value, problems):
        problems.append(mistake)


def variant_problems(
    newsletter: Newsletter, values: Group, blocks: Sequence[ConditionalBlock], variants: Sequence[IssueVariant]
) -> Iterator[Problem]:
    """Yield a problem for each incomplete edition, at the line of an `only:` that causes it."""
    if len(variants) > MOST_VARIANTS:
        message = (
            f"the “only” conditions in {_lines(blocks)} produce more than {MOST_VARIANTS} different editions; "
            f"at most {MOST_VARIANTS} are allowed"
        )
        yield blocks[0].place.problem("only", message, "use fewer different tags, or send a second issue")
        return
    for number, block in enumerate(blocks):
        if block.around is not None and not any(number in variant.kept for variant in variants):
            around = blocks[block.around].condition.in_words
            own = block.condition.in_words
            message = f"no subscriber can match: the section is for {around}, this item for {own}"
            yield block.place.problem(
                "only", where(block.trail, message), "remove a tag from one of the two “only” conditions"
            )
    for spec in newsletter.sections:
        if here := [number for number, block in enumerate(blocks) if block.path[0] == spec.key]:
            yield from _section_problems(spec, values[spec.key], blocks, here, variants)
    filled = [spec for spec in newsletter.sections if values[spec.key]]
    for variant in variants:
        if blocks and not any(_count(spec, values[spec.key], blocks, variant) for spec in filled):
            message = f"{variant.subscribers} would get an edition with no sections"
            yield blocks[0].place.problem("only", message, "remove “only” from one section, or send to an audience")
            return


def _count(spec: SectionSpec, content: Value, blocks: Sequence[ConditionalBlock], variant: IssueVariant) -> int:
    """Return how many items of a section an edition has; 1 if the section is not a list."""
    lost = {
        block.path for number, block in enumerate(blocks) if block.path[0] == spec.key and number not in variant.kept
    }
    if (spec.key,) in lost:
        return 0
    return sum(path not in lost for path, _ in _paths_of(spec, content)) if spec.type.content.is_array else 1


def _section_problems(
    spec: SectionSpec,
    content: Value,
    blocks: Sequence[ConditionalBlock],
    here: Sequence[int],
    variants: Sequence[IssueVariant],
) -> Iterator[Problem]:
    """Check `required`, `min` and `max` of a section in every edition that should have it."""
    least, most = spec.limits.get("minItems", 1), spec.limits.get("maxItems")
    told: set[str] = set()
    for variant in sorted(variants, key=lambda each: len(each.tags)):
        lost = [number for number in here if number not in variant.kept]
        if spec.only_place is not None and here[0] in lost and not spec.only.matches("", variant.tags):
            # According to newsletter.yaml, these subscribers never get this section.
            continue
        count = _count(spec, content, blocks, variant)
        kind, message, hint = "", "", ""
        # An `only:` in the issue is easier to fix than one in newsletter.yaml.
        at = next((number for number in lost if blocks[number].place != spec.only_place), here[0])
        if count == 0 and spec.required:
            kind, message = (
                "required",
                f"{variant.subscribers} would not get this section, but every edition must have it",
            )
            hint = "delete “only”, or add an item for them" if spec.type.content.is_array else "delete “only”"
        elif 0 < count < least and lost:
            kind, message = "min", f"{variant.subscribers} would get {_items(count)}; at least {least} required"
            hint = "remove “only” from more items"
        elif most is not None and count > most:
            kind, message = "max", f"{variant.subscribers} would get {_items(count)}; at most {most} allowed"
            hint = "add “only” to more items, or remove some items"
            at = next((number for number in reversed(here) if number in variant.kept), here[-1])
        if kind and kind not in told:
            told.add(kind)
            yield blocks[at].place.problem("only", where((key_words(spec.key),), message), hint)


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _lines(blocks: Sequence[ConditionalBlock]) -> str:
    """Format the lines of the `only:` of some blocks, with the file names if there are several files."""
    places = list(dict.fromkeys((block.place.path, block.place.line) for block in blocks))
    if len({path for path, _ in places}) > 1:
        return ", ".join(f"{path}:{line}" for path, line in places)
    return f"line{'s' if len(places) > 1 else ''} {', '.join(str(line) for _, line in places)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSpan:
    """A range of lines in a file, both ends included."""

    path: str
    first: int
    last: int

    def holds(self, path: str, line: int) -> bool:
        """Check whether the range contains a line."""
        return path == self.path and self.first <= line <= self.last


def spans_of(block: ConditionalBlock, nodes: Nodes) -> tuple[BlockSpan, ...]:
    """Return the lines of a block, file by file."""
    lines: dict[str, list[int]] = {}
    for path, node in nodes.items():
        if path[: len(block.path)] == block.path:
            end = node.source.place(max(node.start, node.end - 1)) if isinstance(node, Scalar) else node.place
            lines.setdefault(node.source.name, []).extend((node.place.line, end.line))
    return tuple(BlockSpan(path=path, first=min(found), last=max(found)) for path, found in lines.items())
