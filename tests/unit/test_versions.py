"""docs/versions.md has the code's numbers. CHANGELOG.md has Keep a Changelog's form."""

import re
from datetime import date

import pytest

from chalicelib import __version__
from chalicelib.models.project import LARGEST_PROJECT
from chalicelib.routes.declaration import NOTICE, Route
from chalicelib.routes.edge import LARGEST_BODY
from chalicelib.routes.idempotency import HOURS
from chalicelib.routes.listing import DEFAULT_LIMIT, LARGEST_LIMIT
from chalicelib.services.new_technologies import MOST_IN_A_DAY, MOST_IN_A_REQUEST
from container.__main__ import REQUEST_SECONDS
from ops.gateway.configure import BURST, RATE
from ops.gateway.responses import RESPONSES
from tests.support.api import ROOT
from waf.rules import REQUESTS, SERVER_REQUESTS, WINDOW

VERSIONS = (ROOT / "docs/versions.md").read_text()
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
ROWS = [[cell.strip() for cell in row.split("|")[1:-1]] for row in VERSIONS.splitlines()]
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
THROTTLED = next(dict(one.headers) for one in RESPONSES if one.kind == "THROTTLED")


@pytest.mark.parametrize(
    ("what", "limit", "answer"),
    [
        (
            "each method of each path, all callers together",
            f"{RATE} a second, bursts of {BURST}",
            f"`Retry-After: {THROTTLED['Retry-After']}`",
        ),
        ("each address", f"{REQUESTS:,} in {WINDOW // 60} minutes", f"`Retry-After: {WINDOW}`"),
        (
            "each address with a permanent entry on the allow list",
            f"{SERVER_REQUESTS:,} in {WINDOW // 60} minutes",
            f"`Retry-After: {WINDOW}`",
        ),
        ("new technologies of one caller's projects", f"{MOST_IN_A_DAY} a day (UTC)", "429"),
        ("new technologies of one request", f"{MOST_IN_A_REQUEST}", "422"),
        ("body of a request", f"{LARGEST_BODY // 1024} KiB", "413"),
        ("project with its contacts, as JSON", f"{LARGEST_PROJECT // 1024} KB", "422"),
        ("items of a page", f"{LARGEST_LIMIT}, and {DEFAULT_LIMIT} without `limit`", "422"),
        ("time of an answer", f"{REQUEST_SECONDS} seconds", "504"),
        ("life of an `Idempotency-Key`", f"{HOURS} hours", ""),
    ],
)
def test_the_page_has_each_limit_as_the_code_has_it(what: str, limit: str, answer: str) -> None:
    (row,) = (row for row in ROWS if row and row[0] == what)
    assert row[1] == limit
    assert answer in row[2]


def test_a_route_that_is_deprecated_tells_since_when_and_until_when() -> None:
    """The page shows the same values: RFC 9745's date is a number, RFC 8594's is an HTTP date."""
    route = Route(print, "GET", "/x", None, (), None, None, 200, (), date(2026, 11, 26))  # type: ignore[arg-type]
    shown = dict(re.findall(r"^    (Deprecation|Sunset): (.+)$", VERSIONS, re.MULTILINE))
    assert route.notice == shown
    assert f"counted as {NOTICE.days} days" in VERSIONS


def test_the_changelog_has_the_form_of_keep_a_changelog() -> None:
    """The newest release is the code's version. Every line has a kind and an audience."""
    first, newest, *older = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    assert newest.partition(" - ")[0] == f"[{__version__}]"
    dates = [one.partition(" - ")[2] for one in (newest, *older)]
    assert sorted(map(date.fromisoformat, dates), reverse=True) == [*map(date.fromisoformat, dates)]
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS
    assert set(re.findall(r"^#### (.+)$", CHANGELOG, re.MULTILINE)) == {"API", "Operations"}
    for section in re.split(r"^### .+$", CHANGELOG, flags=re.MULTILINE):
        assert not re.search(r"^- ", section.partition("\n#### ")[0], re.MULTILINE)
