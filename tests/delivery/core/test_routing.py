"""Which mail server gets a message. Values in, values out."""

from datetime import UTC, datetime, timedelta

import pytest

from composer.delivery.core.routing import OtherRoutes, RouteCondition, RouteView, choose_route, other_routes

NOW = datetime(2025, 1, 30, 6, 30, tzinfo=UTC)
SOON, LATER = NOW + timedelta(minutes=1), NOW + timedelta(minutes=5)
MAIN, BACKUP = RouteView(name="main"), RouteView(name="backup")


def paused(name: str, until: datetime, condition: RouteCondition = RouteCondition.DOWN, load: int = 0) -> RouteView:
    return RouteView(name=name, condition=condition, paused_until=until, load=load)


def trying(name: str, load: int) -> RouteView:
    return paused(name, NOW, load=load)


def slowed(name: str, load: int) -> RouteView:
    """Return a route that can send four messages soon."""
    return RouteView(name=name, load=load, enough=4)


@pytest.mark.parametrize(
    ("routes", "chosen"),
    [
        ((MAIN, BACKUP), "main"),
        ((BACKUP, MAIN), "backup"),
        ((paused("main", SOON), BACKUP), "backup"),
        ((paused("main", SOON, RouteCondition.FULL), BACKUP), "backup"),
        ((paused("main", SOON), paused("backup", LATER)), "main"),
        ((paused("main", LATER), paused("backup", SOON)), "backup"),
        ((trying("main", 0), BACKUP), "main"),
        ((trying("main", 1), BACKUP), "backup"),
        ((RouteView(name="main", load=500), BACKUP), "main"),
        ((trying("main", 1), paused("backup", SOON)), "main"),
        ((slowed("main", 3), BACKUP), "main"),
        ((slowed("main", 4), BACKUP), "backup"),
        ((slowed("main", 4), paused("backup", SOON)), "main"),
        ((slowed("main", 9), slowed("backup", 5)), "backup"),
        ((trying("main", 1), slowed("backup", 5)), "backup"),
    ],
)
def test_the_first_usable_route_is_chosen(routes: tuple[RouteView, ...], chosen: str) -> None:
    """In the order of newsletter.yaml; after a pause one message at a time, and at a reduced rate only as many as are sent
    soon; if none is usable, the one that can probably send first."""
    assert choose_route("example.net", routes, NOW).name == chosen


@pytest.mark.parametrize(
    ("domain", "chosen"),
    [("gmail.com", "big"), ("mail.gmail.com", "big"), ("gmail.com.example", "main"), ("notgmail.com", "main")],
)
def test_a_route_for_domains_serves_only_these(domain: str, chosen: str) -> None:
    """The domain itself and everything below it; the next route serves all others."""
    big = RouteView(name="big", domains=frozenset({"gmail.com"}))
    assert choose_route(domain, (big, MAIN), NOW).name == chosen


def test_if_a_route_for_domains_is_paused_the_next_takes_over() -> None:
    """A domain is not lost because its own route is down."""
    big = RouteView(name="big", domains=frozenset({"gmail.com"}), condition=RouteCondition.DOWN, paused_until=SOON)
    assert choose_route("gmail.com", (big, MAIN), NOW).name == "main"
    assert choose_route("gmail.com", (big, paused("main", LATER)), NOW).name == "big"


def test_a_route_that_rejected_a_message_does_not_get_it_again() -> None:
    """Even if the other is paused; if all have rejected it, the first."""
    assert choose_route("example.net", (MAIN, BACKUP), NOW, {"main"}).name == "backup"
    assert choose_route("example.net", (MAIN, paused("backup", LATER)), NOW, {"main"}).name == "backup"
    assert choose_route("example.net", (MAIN, BACKUP), NOW, {"main", "backup"}).name == "main"


@pytest.mark.parametrize(
    ("others", "without", "expected"),
    [
        ((), (), OtherRoutes.NONE),
        ((BACKUP,), (), OtherRoutes.NOW),
        ((BACKUP,), ("backup",), OtherRoutes.NONE),
        ((paused("backup", SOON),), (), OtherRoutes.LATER),
        ((trying("backup", 1),), (), OtherRoutes.LATER),
        ((slowed("backup", 4),), (), OtherRoutes.LATER),
        ((paused("backup", SOON), RouteView(name="third")), (), OtherRoutes.NOW),
        ((RouteView(name="big", domains=frozenset({"gmail.com"})),), (), OtherRoutes.NONE),
    ],
)
def test_whether_another_route_can_take_a_message(
    others: tuple[RouteView, ...], without: tuple[str, ...], expected: OtherRoutes
) -> None:
    """Now, later, or never: a route for other domains, or one that rejected the message, does not count."""
    assert other_routes("example.net", (MAIN, *others), NOW, "main", without) is expected
