"""Questions before an import: values about unsubscribing that are not understood, and ambiguous dates.

Input: the `Doubts` of a list. Output: lines on stderr, or data for programs. Guarantees: changes nothing.
"""

import shlex
from typing import TYPE_CHECKING

from composer.cli.ui import console

if TYPE_CHECKING:
    from composer.audience.lists.meaning.subscription_status import Doubts

#: The most values shown for one column; --json contains all of them.
_SHOWN = 10


def questions(doubts: "Doubts") -> list[dict[str, object]]:
    """Return the open questions, as data for JSON."""
    return [
        *(
            {"kind": "value", "column": column, "value": value, "rows": many}
            for (column, value), many in doubts.values.most_common()
        ),
        *({"kind": "date_order", "column": column, "rows": many} for column, many in doubts.dates.items()),
    ]


def show_questions(doubts: "Doubts") -> None:
    """Print the open questions, with the options that answer them."""
    from composer.audience.lists.meaning.status_columns import Says

    if doubts.values:
        console.talk(
            "error: some values are not understood, and may mean that people unsubscribed; nothing was changed"
        )
        columns = dict.fromkeys(column for (column, _), _ in doubts.values.most_common())
        for name in columns:
            said = [(value, many) for (each, value), many in doubts.values.most_common() if each == name]
            shown = ", ".join(f"“{value}” ({many:,})" for value, many in said[:_SHOWN])
            more = f", and {len(said) - _SHOWN:,} more" if len(said) > _SHOWN else ""
            console.talk(f"  column “{name}”: {shown}{more}")
        ((column, value), _), *_ = doubts.values.most_common(1)
        console.talk(f"    to set what a value means:          --map {shlex.quote(f'{value}=MEANING')}")
        console.talk(f"    or what the whole column is about:  --map {shlex.quote(f'{column}=MEANING')}")
        console.talk(f"    MEANING is one of: {', '.join(Says)}")
    for column, many in doubts.dates.items():
        dates = "1 date" if many == 1 else f"{many:,} dates"
        console.talk(f"error: {dates} in the column “{column}” can be read in two ways; nothing was changed")
        console.talk("    add   --dates dmy   (day first) or   --dates mdy   (month first)")
