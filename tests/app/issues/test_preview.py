"""The preview, as functions."""

import datetime
import urllib.request
from pathlib import Path

from composer.app.issues.issue_lookup import find_issue
from composer.app.issues.preview import preview, serve_preview, write_preview
from composer.app.issues.simulated_subscriber import find_preview_subscriber
from tests.factories import sample_message


def test_what_is_shown(tmp_path: Path) -> None:
    """The model of an issue, without or with a sample subscriber; for a broken issue, the reason why it is missing."""
    issue = find_issue("2025-01-30", sample_message(tmp_path, "Dear {{ first_name | default('all') }}, hello.").root)
    shown = preview(issue, day=datetime.date(2025, 1, 30)).model
    assert shown is not None and shown.issue == "issues/2025-01-30.yaml" and shown.asked is None
    anna = find_preview_subscriber(issue, "anna")
    seen = preview(issue, subscriber=anna).model
    assert seen is not None and seen.asked == anna
    issue.path.write_text("subjekt: x\n", encoding="utf-8")
    assert preview(issue).model is None and preview(issue).problems


def test_as_files(tmp_path: Path) -> None:
    """The page opens without a server; for a broken issue, nothing is written."""
    issue = find_issue("2025-01-30", sample_message(tmp_path / "news").root)
    written = write_preview(issue, tmp_path / "page")
    assert written.page == tmp_path / "page/index.html" and written.page.is_file()
    issue.path.write_text("subjekt: x\n", encoding="utf-8")
    broken = write_preview(issue, tmp_path / "other")
    assert broken.page is None and broken.problems and not (tmp_path / "other").exists()


def test_served_until_it_is_ended(tmp_path: Path) -> None:
    """The address is reported once it answers; the function returns when it is interrupted."""
    issue = find_issue("2025-01-30", sample_message(tmp_path).root)
    seen: list[str] = []

    def opened(url: str) -> None:
        seen.append(url)
        raise KeyboardInterrupt

    serve_preview(issue, opened)
    assert len(seen) == 1 and urllib.request.Request(seen[0]).host.startswith("127.0.0.1:")
