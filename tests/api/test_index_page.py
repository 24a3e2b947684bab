"""The index as a page, which Accept asks for."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from chalicelib import __version__
from tests.api.test_contract import deployed
from tests.support.api import Api

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}


def test_a_browser_gets_a_page_with_the_values_and_links_of_the_index(test_client: Api) -> None:
    index, page = test_client.get("/").json, test_client("GET", "/", headers=HTML)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = page.body.decode()
    for value in (index["service"], index["stage"], __version__):
        assert f"<dd>{value}</dd>" in text
    links = re.findall(r'<a href="([^"]+)">', text)
    assert {*links} == {*index["links"].values()} - {index["links"]["me"]}  # needs a token
    assert [test_client.get(link).status for link in links] == [200] * len(links)
    assert [text.count(f"<{tag}>") for tag in ("main", "h1", "script")] == [1, 1, 0]


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "text/html;q=0", "text/plain"])
def test_json_is_the_default_and_caches_keep_them_apart(test_client: Api, accept: str) -> None:
    answer = test_client("GET", "/", headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/json"
    assert "content-security-policy" not in answer.headers
    page = test_client("HEAD", "/", headers=HTML)
    assert (page.headers["content-type"], page.body) == ("text/html; charset=utf-8", b"")
    assert answer.headers["vary"] == page.headers["vary"] == "Origin, Accept"


def test_the_page_runs_nothing_and_has_its_own_style_alone(test_client: Api) -> None:
    page = test_client("GET", "/", headers=HTML)
    (style,) = re.findall("<style>(.+?)</style>", page.body.decode(), re.DOTALL)
    checksum = b64encode(sha256(style.encode()).digest()).decode()
    assert page.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{checksum}'; img-src 'self' data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("base", ["", "/dev", "/a-base-path", "/iam", "/dev/iam"])
def test_the_links_are_of_the_place_that_was_asked(tmp_path: Path, base: str) -> None:
    """A stage, a custom domain with a base path and without, and a role's caller."""
    page = deployed(tmp_path, base)("GET", "/", headers=HTML).body.decode()
    found = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert {link.removeprefix(base).split("/")[1] for link in found if link != "data:,"} == {
        *("docs", "openapi.json", "api", "health")
    }
    assert all(link.startswith(f"{base}/") for link in found if link != "data:,")


def test_a_path_cannot_write_into_the_page(tmp_path: Path) -> None:
    api = deployed(tmp_path, '/"><script>x')
    assert b"<script" not in api("GET", "/", headers=HTML).body
