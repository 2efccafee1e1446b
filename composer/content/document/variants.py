"""The variants of an issue whose blocks are not all for everyone.

Input: the blocks with `only:`. Output: every `IssueVariant` that some subscriber gets, the fullest first. Guarantees:
pure; tags are tried one by one, and cases with the same result are merged.
"""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from composer.content.yaml.nodes import Path
from composer.content.yaml.source import SourcePlace
from composer.core.audience_filter import AudienceFilter

#: The maximum number of editions of one issue: each is rendered, checked and reviewed.
MOST_VARIANTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalBlock:
    """A section or an item that not everyone gets. In a list, each block follows the block that contains it."""

    #: The section's key, and the item's position in it.
    path: Path
    trail: tuple[str, ...]
    condition: AudienceFilter
    #: The place of its `only:`.
    place: SourcePlace
    #: The position in the list of the block that contains it.
    around: int | None = None
    #: For a section that is a list: whether none of its items is for everyone.
    is_hollow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantAudience:
    """The subscribers of a variant, as data. All conditions must be met; empty ones always are. Tags are sorted."""

    #: Groups of tags; a subscriber has at least one tag of each group.
    some: tuple[tuple[str, ...], ...] = ()
    #: Tags that a subscriber does not have.
    none: tuple[str, ...] = ()
    #: Pairs of groups: a subscriber with a tag of the first group also has one of the second.
    linked: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()

    @property
    def code(self) -> str:
        """The file name: `tagged-press-not-tagged-staff`. Letters and digits of any script, and dashes."""
        sure = [group[0] for group in self.some if len(group) == 1]
        pieces = [f"tagged {' and '.join(sure)}"] if sure else []
        pieces += [f"tagged {' or '.join(group)}" for group in self.some if len(group) > 1]
        pieces += [f"not tagged {' or '.join(self.none)}"] if self.none else []
        pieces += [f"tagged {' or '.join(then)} if tagged {' or '.join(given)}" for given, then in self.linked]
        return re.sub(r"[\W_]+", "-", " ".join(pieces) or "all subscribers")

    def to_json(self) -> str:
        """Return the stored form."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "VariantAudience":
        """Read the stored form."""
        found = json.loads(text)
        return cls(
            some=tuple(map(tuple, found.get("some", ()))),
            none=tuple(found.get("none", ())),
            linked=tuple((tuple(given), tuple(then)) for given, then in found.get("linked", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueVariant:
    """The blocks that some subscribers get; all of these subscribers get the same edition."""

    #: The blocks in this variant, by their position in the list of blocks.
    kept: frozenset[int]
    #: The fewest tags with which a subscriber gets it.
    tags: frozenset[str]
    who: VariantAudience

    @property
    def subscribers(self) -> str:
        """The subscribers who get it, as text: `subscribers tagged press, not tagged staff`. Not stored."""
        return _in_words(self.who)


#: The only variant of an issue that is the same for everyone.
FOR_ALL = IssueVariant(kept=frozenset(), tags=frozenset(), who=VariantAudience())


class _State(StrEnum):
    """The state of a block's condition while tags are tried."""

    OPEN = "open"
    MET = "met"
    UNMET = "unmet"


_States = tuple[_State, ...]


def kept_for(blocks: Sequence[ConditionalBlock], tags: Collection[str]) -> frozenset[int]:
    """Return the blocks that a subscriber with these tags gets."""
    return _kept(blocks, [block.condition.matches("", tags) for block in blocks])


def _kept(blocks: Sequence[ConditionalBlock], is_met: Sequence[bool]) -> frozenset[int]:
    kept: set[int] = set()
    for number, block in enumerate(blocks):
        if is_met[number] and (block.around is None or block.around in kept):
            kept.add(number)
    # A list without any items left counts as missing.
    filled = {blocks[number].around for number in kept}
    return frozenset(number for number in kept if not blocks[number].is_hollow or number in filled)


def variants_of(blocks: Sequence[ConditionalBlock]) -> tuple[IssueVariant, ...]:
    """Return every variant that some subscriber would get, the fullest first; among equals, the one with fewer tags.

    If there are more than MOST_VARIANTS, stop and return some of them, but more than that number.
    """
    if not blocks:
        return (FOR_ALL,)
    tags = tuple(
        dict.fromkeys(
            (*(tag for block in blocks for tag in block.condition.tag),
             *(tag for block in blocks for tag in block.condition.without_tag))
        )
    )  # fmt: skip
    # The state of each block, and the fewest tags that lead to it. At first, a subscriber has no tags.
    start = tuple(_State.OPEN if block.condition.tag else _State.MET for block in blocks)
    known: dict[_States, tuple[str, ...]] = {start: ()}
    for count, tag in enumerate(tags, 1):
        fresh: dict[_States, tuple[str, ...]] = {}
        for states, have in known.items():
            for given in ((), (tag,)):
                states_then, then = _tried(blocks, states, given, frozenset(tags[:count])), (*have, *given)
                if states_then not in fresh or len(then) < len(fresh[states_then]):
                    fresh[states_then] = then
        known = fresh
        # A subscriber may have none of the tags not tried yet, so there are at least this many variants.
        if len({_settled(blocks, states) for states in known}) > MOST_VARIANTS:
            break
    found: dict[frozenset[int], IssueVariant] = {}
    for states, have in sorted(known.items(), key=lambda entry: len(entry[1])):
        kept = _settled(blocks, states)
        if kept not in found:
            found[kept] = IssueVariant(kept=kept, tags=frozenset(have), who=_audience(blocks, states))
    return tuple(sorted(found.values(), key=lambda variant: (-len(variant.kept), len(variant.tags))))


def _settled(blocks: Sequence[ConditionalBlock], states: _States) -> frozenset[int]:
    return _kept(blocks, [state is _State.MET for state in states])


def _tried(
    blocks: Sequence[ConditionalBlock], states: _States, given: tuple[str, ...], tried: frozenset[str]
) -> _States:
    """Return the states after a tag is `given` or not; `tried` are all tags decided so far."""
    fresh: list[_State] = []
    for block, state in zip(blocks, states, strict=True):
        is_lost = block.around is not None and fresh[block.around] is _State.UNMET
        if is_lost or any(tag in given for tag in block.condition.without_tag):
            state = _State.UNMET
        elif state is _State.OPEN and any(tag in given for tag in block.condition.tag):
            state = _State.MET
        elif state is _State.OPEN and tried.issuperset(block.condition.tag):
            state = _State.UNMET
        fresh.append(state)
    return tuple(fresh)


def _audience(blocks: Sequence[ConditionalBlock], states: _States) -> VariantAudience:
    """Return the subscribers of a variant, with as few conditions as possible."""
    #: Groups of tags with at least one present; absent tags; and `if one of these, then one of those`.
    some: list[frozenset[str]] = []
    none: set[str] = set()
    linked: list[tuple[frozenset[str], frozenset[str]]] = []
    for block, state in zip(blocks, states, strict=True):
        if block.around is not None and states[block.around] is _State.UNMET:
            continue
        wanted, unwanted = frozenset(block.condition.tag), frozenset(block.condition.without_tag)
        if state is _State.MET:
            some += [wanted] if wanted else []
            none |= unwanted
        elif not unwanted:
            none |= wanted
        elif not wanted:
            some.append(unwanted)
        elif wanted - unwanted:
            linked.append((wanted - unwanted, unwanted))
    for wanted, unwanted in linked:
        if any(group <= wanted for group in some):
            some.append(unwanted)
        elif unwanted <= none:
            none |= wanted
    some = [group - none for group in some]
    some = [group for group in dict.fromkeys(some) if not any(other < group for other in some)]
    return VariantAudience(
        some=_sorted(some),
        none=tuple(sorted(none)),
        linked=tuple(
            sorted(
                (tuple(sorted(wanted)), tuple(sorted(unwanted)))
                for wanted, unwanted in dict.fromkeys(linked)
                if not wanted <= none and not any(group <= unwanted for group in some)
            )
        ),
    )


def _sorted(groups: Iterable[frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def _in_words(who: VariantAudience) -> str:
    sure = [tag for group in who.some if len(group) == 1 for tag in group]
    said = [f"tagged {' and '.join(sure)}"] if sure else []
    said += [f"tagged {_either(group)}" for group in who.some if len(group) > 1]
    said += [f"not tagged {_either(who.none)}"] if who.none else []
    said += [f"tagged {_either(then)} if tagged {_either(given)}" for given, then in who.linked]
    return f"subscribers {', '.join(said)}" if said else "all subscribers"


def _either(tags: Sequence[str]) -> str:
    *others, last = tags
    return f"{', '.join(others)} or {last}" if others else last
