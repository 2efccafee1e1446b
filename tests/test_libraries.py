"""Other people's libraries: one module uses each of them, and a test states the assumptions about it.

A failure after an upgrade names the module to check. Assumptions about a running message, page or bounce are in the
tests of these modules.
"""

import ast
import inspect
import logging
import os
import re
import signal
import time
import tomllib
from collections.abc import Callable
from email.message import Message
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.source_trees import source_trees

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
#: Libraries, and the one module that may import each.
ADAPTERS = {
    "premailer": "render/inline.py",
    "cssutils": "render/inline.py",
    "mjml": "render/mjml/compiler.py",
    "uvicorn": "web/http_server.py",
    "flufl": "bounces/parse/recipient_detectors.py",
    "platformdirs": "core/environment.py",
    "pypdfium2": "pdf/pdf_reader.py",
    "apscheduler": "app/work/local_engine.py",
    "prometheus_client": "app/work/metrics.py",
    "procrastinate": "app/work/cluster_engine.py",
}
#: Changes for the whole process: a library's logger, or a stream.
_PROCESS_WIDE = {
    "render/inline.py",
    "bounces/parse/recipient_detectors.py",
    "database/engine.py",
    "app/work/cluster_engine.py",
    "core/event_log.py",
    "pdf/weasyprint_adapter.py",
    "web/public/server/public_server.py",
}


def _imported(tree: ast.Module) -> set[str]:
    """Return the libraries that a module imports anywhere, also for types."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_each_library_has_one_adapter() -> None:
    """Each of premailer, mjml-python, uvicorn and others is imported by exactly one module."""
    found = {(library, name) for name, tree in source_trees() for library in _imported(tree) & ADAPTERS.keys()}
    assert found == set(ADAPTERS.items())


def test_nobody_changes_the_process_elsewhere() -> None:
    """No module replaces another, and only the adapters configure the loggers of libraries."""
    stand_ins, loggers = set(), set()
    for name, tree in source_trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                if node.attr == "modules" and isinstance(node.value, ast.Name) and node.value.id == "sys":
                    stand_ins.add(name)
                if node.attr in ("disabled", "addHandler", "setLevel", "CRITICAL", "meta_path"):
                    loggers.add(name)
    assert not stand_ins
    assert loggers == _PROCESS_WIDE


def _requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [Requirement(each) for each in (*project["dependencies"], *extras["pdf"], *extras["cluster"])]


def test_only_two_modules_know_weasyprint() -> None:
    """The adapter, and the module that corrects the tags of its PDFs."""
    known = {name for name, tree in source_trees() if _imported(tree) & {"weasyprint", "pydyf"}}
    assert known == {"pdf/weasyprint_adapter.py", "pdf/structure_tags.py"}


def test_weasyprint() -> None:
    """The function that `structure_tags` replaces, its arguments, and what the adapter reads of a document."""
    import pydyf
    import weasyprint
    from weasyprint.formatting_structure import boxes
    from weasyprint.pdf import fonts, stream, tags

    where = "pdf/structure_tags.py"
    assert list(inspect.signature(tags._build_box_tree).parameters) == [
        "box", "parent", "pdf", "page_number", "nums", "annotations", "tags",
    ], where  # fmt: skip
    assert "_build_box_tree" in tags._build_box_tree.__code__.co_names, f"{where}: it no longer calls itself by name"
    assert inspect.isgeneratorfunction(tags._build_box_tree) and issubclass(boxes.MarginBox, boxes.Box)
    _takes(boxes.Box.descendants, where, "placeholders")
    assert "mcid" in inspect.getsource(stream.Stream.marked) and hasattr(pydyf.PDF(), "objects")
    _takes(weasyprint.HTML.render, "pdf/weasyprint_adapter.py", "font_config", "options")
    _takes(weasyprint.Document.write_pdf, "pdf/weasyprint_adapter.py", "finisher", "options")
    assert {"pdf_variant", "pdf_identifier"} <= weasyprint.DEFAULT_OPTIONS.keys()
    _sets(fonts.Font.get_unused_glyph_id, "pdf/weasyprint_adapter.py", "missing")


def test_adapted_libraries_are_dependencies_with_bounds() -> None:
    """Each is a direct dependency, even if another library requires it, with an upper bound for its version."""
    names = {each.name: each for each in _requirements()}
    for library in ADAPTERS:
        own = names[
            {"mjml": "mjml-python", "flufl": "flufl.bounce", "prometheus_client": "prometheus-client"}.get(
                library, library
            )
        ]
        assert any(each.operator in ("<", "==") for each in own.specifier), own


@pytest.mark.parametrize("own", _requirements(), ids=lambda each: str(each.name))
def test_versions(own: Requirement) -> None:
    """The installed versions match pyproject.toml; 0.x versions have an upper bound."""
    if own.marker is not None and not own.marker.evaluate():
        return
    installed = version(own.name)
    assert own.specifier.contains(installed), (
        f"{own.name} {installed} is installed; pyproject.toml wants {own.specifier}"
    )
    if installed.startswith("0."):
        assert any(each.operator in ("<", "==") for each in own.specifier), f"{own} may change with any version"


def _takes(function: Callable[..., object], adapter: str, *names: str) -> None:
    missing = set(names) - inspect.signature(function).parameters.keys()
    assert not missing, f"{function} no longer takes {sorted(missing)}, which composer/{adapter} passes"


def _sets(function: Callable[..., object], adapter: str, *names: str) -> None:
    """Return whether a class's `__init__` sets these attributes."""
    missing = set(names) - {*function.__code__.co_names, *function.__code__.co_varnames}
    assert not missing, f"{function.__qualname__} no longer has {sorted(missing)}, on which composer/{adapter} relies"


def test_premailer_and_cssutils() -> None:
    """Options, the one overridden method, and what is disabled: requests, the fetcher, the property tables."""
    from composer.render import inline

    where = ADAPTERS["premailer"]
    inliner = inline._premailer()
    inline._cssutils()
    import cssutils
    import cssutils.util
    import premailer.premailer as module

    _takes(
        module.Premailer.__init__, where, "html", "css_text", "keep_style_tags", "strip_important", "remove_classes",
        "allow_network", "allow_loading_external_files", "disable_validation", "cache_css_parsing",
        "disable_basic_attributes", "align_floating_images", "disable_link_rewrites",
        "preserve_handlebar_syntax", "exclude_pseudoclasses",
    )  # fmt: skip
    _takes(module.Premailer.transform, where, "pretty_print")
    _takes(module.Premailer._parse_style_rules, where, "css_body", "ruleset_index")
    assert hasattr(module, "requests"), f"premailer fetches by other means now: look at _import in composer/{where}"
    assert not hasattr(module.requests, "get")
    fetcher = cssutils.util._defaultFetcher
    assert fetcher is inline._refuse, f"cssutils fetches by other means now: look at _import in composer/{where}"
    assert not cssutils.profile.profiles, f"cssutils has tables again that composer/{where} removes"
    page = "<html><head></head><body><p>x</p></body></html>"
    with inline._using("p { color: red }"):
        kept = inliner(f"<!doctype html>{page}", css_text="p { color: red }", allow_network=False).transform()
    assert "doctype" not in kept.lower(), f"premailer keeps a doctype as written now: composer/{where} may be simpler"
    css = f"p {{ z-index: {time.time_ns()} }}"
    inline.inline_css(f"<!doctype html>{page.replace('<p>', '<p style=top:0>')}", css)
    known = inline._SHEETS[css]
    assert known.rules and known.paths["p"] and known.styles["top:0", True], (
        f"premailer no longer calls what composer/{where} replaces: nothing is kept, and a preview is slow"
    )


def test_mjml(capfd: pytest.CaptureFixture[str]) -> None:
    """Its one function; its panic is not an Exception, cannot be imported, and is not printed to Python's stderr."""
    from mjml import mjml2html

    where = ADAPTERS["mjml"]
    _takes(mjml2html, where, "disable_comments", "fonts")
    with pytest.raises(ValueError, match="unexpected end of stream"):
        mjml2html("<mjml><mj-body>")
    document = (
        "<mjml><mj-body><mj-section><mj-column><mj-text>文> x</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    with pytest.raises(BaseException, match="char boundary") as caught:
        mjml2html(document)
    assert caught.typename == "PanicException" and not isinstance(caught.value, Exception)
    assert "panicked" in capfd.readouterr().err, f"a panic is silent now: composer/{where} may leave stderr alone"


async def _nothing(scope: object, receive: object, send: object) -> None:
    return None


def test_uvicorn() -> None:
    """The overridden methods, and the attributes of a connection, a request and a server that are read or set."""
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

    from composer.web.http_server import HANDLED_SIGNALS, Config, H11Protocol, Server, ServerState

    where = "web/public/http/timeouts.py"
    for name in ("connection_made", "data_received", "on_response_complete", "connection_lost", "shutdown"):
        assert callable(getattr(H11Protocol, name, None)), f"uvicorn calls no {name}: look at composer/{where}"
    _sets(H11Protocol.__init__, where, "headers", "cycle", "transport", "loop", "server_state")
    _sets(
        RequestResponseCycle.__init__, where, "keep_alive", "default_headers", "response_started", "response_complete"
    )
    _sets(Server.__init__, "web/public/server/public_server.py", "server_state")
    assert set(vars(ServerState())) >= {"connections", "tasks", "default_headers"}
    assert inspect.iscoroutinefunction(Server.startup) and inspect.iscoroutinefunction(Server.shutdown)
    _takes(Server.startup, "web/public/server/public_server.py", "sockets")
    _takes(Server.shutdown, "web/public/server/public_server.py", "sockets")
    _takes(Server.handle_exit, "web/public/server/public_server.py", "sig", "frame")
    assert "capture_signals" in vars(Server), "uvicorn takes signals by other means: composer/web/public/server"
    assert {signal.SIGINT, signal.SIGTERM} <= set(HANDLED_SIGNALS)
    _takes(
        Config.__init__, "web/public/server/public_server.py", "app", "http", "access_log", "log_level", "lifespan", "ws",
        "server_header", "date_header", "proxy_headers", "forwarded_allow_ips", "limit_concurrency", "backlog",
        "h11_max_incomplete_event_size", "timeout_keep_alive", "timeout_graceful_shutdown",
    )  # fmt: skip


def test_uvicorn_waits_for_a_head_forever() -> None:
    """Its own protocol has no timeout for a missing head, so we have one."""
    from composer.web.http_server import H11Protocol

    for name in ("connection_made", "data_received"):
        code = getattr(H11Protocol, name).__code__
        assert "call_later" not in code.co_names, (
            "uvicorn has a timeout now: look at composer/web/public/http/timeouts.py"
        )


def test_flufl_bounce() -> None:
    """Two sets of bytes: temporary and permanent failures; and its logger."""
    from flufl.bounce import all_failures

    from composer.bounces.parse.mime import parse
    from composer.bounces.parse.recipient_detectors import detect_recipients

    message = Message()
    message["From"] = "MAILER-DAEMON@mx.example.org"
    message.set_payload("Hi. This is the qmail-send program at mx.example.org.\n\n<ann@example.org>:\nNo such user.\n")
    trying, failed = all_failures(message)
    where = ADAPTERS["flufl"]
    assert (set(trying), set(failed)) == (set(), {b"ann@example.org"}), f"look at composer/{where}"
    logging.getLogger("flufl.bounce").disabled = False
    body = "Hi. This is the qmail-send program at mx.example.org.\n\n<ann@example.org>:\nNo such user.\n"
    assert detect_recipients(parse(f"From: a@mx.example.org\n\n{body}".encode()), body) == ([], ["ann@example.org"])
    assert logging.getLogger("flufl.bounce").disabled
    folder = Path(inspect.getfile(all_failures)).parent
    loggers = {
        name
        for path in folder.rglob("*.py")
        for name in re.findall(r"getLogger\(['\"]([\w.]+)['\"]\)", path.read_text(encoding="utf-8"))
    }
    assert loggers <= {"flufl.bounce"}, f"flufl.bounce logs to {loggers}: composer/{where} silences one"


@pytest.mark.skipif(os.name == "nt", reason="folders of another kind")
def test_platformdirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an author name, folders are named only after the program."""
    from platformdirs import user_config_path, user_state_path

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for function in (user_config_path, user_state_path):
        folder = function("compose", appauthor=False)
        assert folder.name == "compose" and folder.is_relative_to(tmp_path) and not folder.exists()
