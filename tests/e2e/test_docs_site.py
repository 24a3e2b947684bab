"""The documentation site as a reader has it: built by `make docs`, looked at in a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.support.built_site import Html, broken, build, elsewhere, pages, served
from tests.support.machine import chromium

NARROW, WIDE = 375, 1280  # CSS pixels
PATIENCE = 120_000.0  # milliseconds, for a busy machine
DRAWN = ("infrastructure.html", "fargate.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("docs") / "site")


@dataclass
class Reader:
    """A browser on the served site; `strange` are the requests that left it, which are not let through."""

    browser: Browser
    url: str
    strange: list[str]

    def open(self, page: str, width: int) -> Page:
        tab = self.browser.new_page(
            viewport={"width": width, "height": 800}, reduced_motion="reduce"
        )
        tab.set_default_timeout(PATIENCE)
        tab.route("**/*", self._let_through)
        errors: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        answer = tab.goto(f"{self.url}/{page}", wait_until="load")
        assert answer
        assert answer.status == 200
        assert errors == []
        return tab

    def _let_through(self, route: Route) -> None:
        if route.request.url.startswith((self.url, "data:", "blob:")):
            route.continue_()
        else:
            self.strange.append(route.request.url)
            route.abort()


@pytest.fixture(scope="module")
def reader(site: Path) -> Iterator[Reader]:
    with served(site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), timeout=PATIENCE)
        yield Reader(browser, url, [])
        browser.close()


def test_no_link_is_broken(site: Path) -> None:
    assert {page: found for page in pages(site) if (found := [*broken(site, page)])} == {}


def test_every_page_can_be_reached_from_the_first(site: Path) -> None:
    linked = {urlsplit(link).path for link in Html((site / "index.html").read_text()).links}
    assert {page for page in pages(site) if page not in linked} <= {"index.html"}


def test_links_to_other_hosts_are_https(site: Path) -> None:
    """And nothing is asked of those hosts: the next tests see to that."""
    assert {link for link in elsewhere(site) if not link.startswith("https://")} == set()


@pytest.mark.browser
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_every_drawing_can_be_seen_at_its_own_size(reader: Reader, width: int) -> None:
    for path in DRAWN:
        tab = reader.open(path, width)
        (image,) = tab.locator("article img").all()
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.complete && image.naturalWidth") == 380
        box = image.bounding_box()
        assert box
        assert box["width"] > 330
        tab.close()


@pytest.mark.browser
def test_every_page_fits_a_phone_and_asks_no_other_host(reader: Reader, site: Path) -> None:
    for path in pages(site):
        tab = reader.open(path, NARROW)
        root = "document.documentElement"
        assert tab.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), path
        tab.close()
    assert reader.strange == []


@pytest.mark.browser
def test_search_finds_a_word(reader: Reader) -> None:
    tab = reader.open("index.html", WIDE)
    search = tab.locator("[data-md-component=search-query]")
    search.click()
    tab.get_by_text("Type to start searching").wait_for()
    search.press_sequentially("point-in-time")
    # Each letter is searched for: the results of a part of the word come first, and go.
    found = tab.locator(".md-search-result__link[href*='/operations.html']")
    found.first.wait_for(state="attached")
    tab.close()
