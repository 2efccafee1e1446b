"""The subscriber whose edition is shown.

Input: an issue's file and an address. Output: a subscriber of the database, or a sample subscriber while it is empty.
Guarantees: changes nothing, and creates no database.
"""

from composer.app.issues.issue_lookup import IssueFile
from composer.audience.subscribers import count, get
from composer.content.document.newsletter import read_newsletter
from composer.core.environment import Environment
from composer.core.environment import environment as own_environment
from composer.core.errors import UsageError
from composer.database.location import Location, location_of
from composer.database.schema_upgrade import open_database
from composer.web.preview.simulation.sample_subscribers import ASKED, DEFAULTS, SampleSubscriber, sample_subscribers


class UnknownSubscriberError(UsageError):
    """An address that is not a subscriber's."""


def find_preview_subscriber(issue: IssueFile, address: str, environment: Environment | None = None) -> SampleSubscriber:
    """Return a subscriber by address, or a sample subscriber by address or key while the database is empty.

    Raises UnknownSubscriberError, AudienceError, DatabaseError, ContentError.
    """
    workspace = issue.workspace
    newsletter = read_newsletter(workspace, workspace.language_of(issue.path))
    location = location_of(newsletter, workspace, (environment or own_environment()).environment)
    if (location.path is None or location.path.is_file()) and (found := _in(location, address)):
        return found
    samples = [each for each in sample_subscribers(newsletter.samples) if each.key != DEFAULTS]
    for each in samples:
        if address in (each.key, each.values["email"]):
            return each
    hint = f"the newsletter has no subscribers yet; use a sample subscriber: {', '.join(each.key for each in samples)}"
    raise UnknownSubscriberError(f"{address} is not a subscriber", hint)


def _in(location: Location, address: str) -> SampleSubscriber | None:
    """Return the subscriber from the database; None if it has no subscribers yet."""
    with open_database(location) as database, database.read() as connection:
        if not count(connection):
            return None
        found = get(connection, address)
    label = f"{found.name} ({found.address})" if found.name else found.address
    return SampleSubscriber(key=ASKED, label=label, values=found.values, tags=frozenset(found.tags))
