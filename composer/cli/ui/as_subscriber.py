"""`--as ADDRESS`: the subscriber through whose eyes an issue is looked at.

Comes in: an address. Goes out: a subscriber of the database; a sample subscriber while there is none in it. Never changes
anything, and makes no database.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from composer.core.errors import UsageError
from composer.core.workspace import Workspace

if TYPE_CHECKING:
    from composer.database.location import Location
    from composer.web.preview.simulation.sample_subscribers import SampleSubscriber


def subscriber_named(workspace: Workspace, path: Path, address: str) -> "SampleSubscriber":
    """Find the subscriber by address. Raises UsageError, AudienceError, DatabaseError, ContentError."""
    from composer.content.document.newsletter import read_newsletter
    from composer.core.environment import environment
    from composer.database.location import location_of
    from composer.web.preview.simulation.sample_subscribers import DEFAULTS, sample_subscribers

    newsletter = read_newsletter(workspace, workspace.language_of(path))
    location = location_of(newsletter, workspace, environment().environment)
    if (location.path is None or location.path.is_file()) and (found := _in(location, address)):
        return found
    samples = [each for each in sample_subscribers(newsletter.samples) if each.key != DEFAULTS]
    for each in samples:
        if address in (each.key, each.values["email"]):
            return each
    hint = f"there are no subscribers yet; sample subscribers: {', '.join(each.key for each in samples)}"
    raise UsageError(f"--as: {address} is not among the subscribers", hint)


def _in(location: "Location", address: str) -> "SampleSubscriber | None":
    """Find the subscriber in the database; None where it has no subscribers yet."""
    from composer.audience.subscribers import count, get
    from composer.database.schema_upgrade import open_database
    from composer.web.preview.simulation.sample_subscribers import ASKED, SampleSubscriber

    with open_database(location) as database, database.read() as connection:
        if not count(connection):
            return None
        found = get(connection, address)
    label = f"{found.name} ({found.address})" if found.name else found.address
    return SampleSubscriber(key=ASKED, label=label, values=found.values, tags=frozenset(found.tags))
