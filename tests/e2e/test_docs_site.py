"""The documentation site: built by `make docs` and read in a browser."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.support.api import ROOT
from tests.support.axe import serious
from tests.support.built_site import Html, broken, build, elsewhere, pages, served
from tests.support.machine import chromium

NARROW, WIDE = 390, 1280  # CSS pixels
PATIENCE = 120_000.0  # milliseconds; the machine may be busy
DRAWN = ("infrastructure.html", "fargate.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("docs") / "site")


@dataclass
class Reader:
    """A browser on the served site. Requests to other hosts are blocked and stored in `strange`."""

    browser: Browser
    url: str
    strange: list[str]

    def open(self, page: str, width: int, colours: Literal["light", "dark"] = "light") -> Page:
        tab = self.browser.new_page(
            viewport={"width": width, "height": 800}, reduced_motion="reduce", color_scheme=colours
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
    """The tests below assert that a page loads nothing from those hosts."""
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
        wide = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.innerText)"
        assert tab.locator(".table-wrapper").evaluate_all(wide) == [], path
        tab.close()
    assert reader.strange == []


@pytest.mark.browser
def test_a_phone_shows_the_row_of_a_route_as_a_list(reader: Reader) -> None:
    """The names of the columns stand in the row, and it stays a table for screen readers."""
    for width, shown in ((NARROW, '"authorizer: "'), (WIDE, "none")):
        tab = reader.open("routes.html", width)
        row = tab.get_by_role("row").filter(has_text="PUT /api/v1/directorates").first
        route, authorizer, rule = row.get_by_role("cell").all()
        label = "cell => getComputedStyle(cell, '::before').content"
        assert authorizer.evaluate(label) == shown
        top = "cell => cell.getBoundingClientRect().top"
        tops = [cell.evaluate(top) for cell in (route, authorizer, rule)]
        assert tops == sorted({*tops}) if width == NARROW else len({*tops}) == 1
        tab.close()


@pytest.mark.browser
def test_search_finds_a_word(reader: Reader) -> None:
    tab = reader.open("index.html", WIDE)
    search = tab.get_by_placeholder("Search")
    search.fill("point-in-time")
    search.press("Enter")
    tab.locator("#search-results a[href*='operations.html']").first.wait_for()
    assert reader.strange == []
    tab.close()


@pytest.mark.browser
def test_a_command_is_copied_by_its_button(reader: Reader) -> None:
    tab = reader.open("api.html", WIDE)
    block = tab.locator(".highlight-sh, .highlight-bash").first
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block.hover()
    block.get_by_role("button").click()
    tab.locator("button.copybtn.success").first.wait_for()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()
    tab.close()


@pytest.mark.node
@pytest.mark.browser
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_home_and_routes_can_be_read_by_everybody(
    reader: Reader, colours: Literal["light", "dark"]
) -> None:
    """axe finds nothing critical or serious, and links in text are underlined."""
    for page in ("index.html", "routes.html"):
        for width in (NARROW, WIDE):
            tab = reader.open(page, width, colours)
            assert serious(tab) == []
            line = "link => getComputedStyle(link).textDecorationLine"
            link = tab.locator("article p a:not(.headerlink), article td a").first
            assert link.evaluate(line) == "underline"
            tab.close()


def test_the_navigation_has_three_groups(site: Path) -> None:
    home = (site / "index.html").read_text()
    groups = re.findall(r'class="caption-text">(\w+)<', home)
    assert groups == ["Use", "Run", "Why"]


def test_every_block_of_code_names_its_language() -> None:
    """Engines and GitHub colour a block by its language."""
    files = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for file in files:
        fences = re.findall(r"^ *```(.*)$", file.read_text(), re.MULTILINE)
        assert len(fences) % 2 == 0, f"{file.name}: a block has no end"
        assert all(fences[::2]), f"{file.name}: a block has no language"
