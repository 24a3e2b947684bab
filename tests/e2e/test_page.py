"""/docs in a browser, at the root of a host and behind a stage, used by mouse and by keyboard."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect, sync_playwright

from chalicelib.settings import Settings
from tests.support.api import ROOT, Api, LocalServer, local_environment, through_http
from tests.support.axe import serious
from tests.support.hosted_ui import HostedUi
from tests.support.machine import chromium
from tests.support.stage_front import StageFront
from tools.load.command import reports_of
from tools.openapi.common import ADMIN, AUDITOR, REVIEWER
from tools.openapi.examples import REQUESTS
from tools.serve import DATA

pytestmark = pytest.mark.browser
NARROW: ViewportSize = {"width": 375, "height": 800}
WIDE: ViewportSize = {"width": 1280, "height": 900}
EXPECT_MS = 30_000


@dataclass
class Seen:
    """The errors of a page, and the URLs that it requested."""

    said: list[tuple[str, str]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda message: self.said.append((message.type, message.text)))
        page.on("pageerror", lambda error: self.said.append(("error", str(error))))
        page.on("request", lambda request: self.urls.append(request.url))

    @property
    def errors(self) -> list[str]:
        return [text for kind, text in self.said if kind == "error"]

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(url).netloc for url in self.urls if not url.startswith("data:")}


@dataclass(frozen=True)
class Docs:
    """The page's URL, and a signed-in caller of the same API."""

    url: str
    auditor: Api


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # A container's root cannot create a sandbox.
        yield playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])


@pytest.fixture(params=["local", "stage"])
def docs(
    request: pytest.FixtureRequest, server: Api, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Docs]:
    """`chalice local`, and the same application behind a front that puts a stage before its paths."""
    if request.param == "local":
        yield Docs(f"http://127.0.0.1:{LocalServer.running[0].port}", server.auditor())
        return
    with StageFront(tmp_path_factory.mktemp("stage")) as front:
        caller = Api(through_http("127.0.0.1", front.port), front.settings).auditor()
        yield Docs(f"http://127.0.0.1:{front.port}/dev", caller)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Browser, seen: Seen) -> Iterator[Page]:
    found = browser.new_page(viewport=WIDE)
    found.set_default_timeout(EXPECT_MS)
    seen.watch(found)
    yield found
    found.close()


def opened(page: Page, docs: Docs) -> None:
    page.goto(f"{docs.url}/docs")
    expect(operation(page, "listProjects")).to_be_visible(timeout=EXPECT_MS)


def operation(page: Page, operation_id: str) -> Locator:
    return page.locator(f"[id$='-{operation_id}']")


def paste(page: Page, caller: Api) -> None:
    page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_label("auth-bearer-value").fill(caller.headers["Authorization"].split()[1])
    dialog.get_by_role("button", name="Apply credentials").last.click()
    dialog.get_by_role("button", name="Close").last.click()


def tried(page: Page, operation_id: str, body: object = None) -> Locator:
    """Opens an operation, fills it in and sends it. Returns the live answer."""
    box = operation(page, operation_id)
    box.locator(".opblock-summary-control").click()
    box.get_by_role("button", name="Try it out").click()
    if body is not None:
        box.locator("textarea").fill(json.dumps(body))
    box.get_by_role("button", name="Execute").click()
    live = box.locator(".live-responses-table")
    live.wait_for()
    return live.locator("tbody .response-col_status").first


def test_a_pasted_token_and_a_get_and_a_post_work(
    page: Page, seen: Seen, docs: Docs, name: str
) -> None:
    opened(page, docs)
    paste(page, docs.auditor)
    expect(tried(page, "listProjects")).to_have_text("200")
    expect(tried(page, "createProject", {"name": name})).to_contain_text("201")
    expect(tried(page, "getMe")).to_contain_text("200")
    assert seen.errors == []
    assert seen.hosts == {urlsplit(docs.url).netloc}


def test_it_is_readable_on_a_phone(page: Page, docs: Docs, name: str) -> None:
    page.set_viewport_size(NARROW)
    opened(page, docs)
    paste(page, docs.auditor)
    tried(page, "createProject", {"name": name})
    tried(page, "listProjects")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    small = "[...document.querySelectorAll('.opblock-summary-path, .opblock-description p, td')]"
    sizes = page.evaluate(f"{small}.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(sizes) >= 12


def test_an_operation_is_found_and_opened_and_sent_by_keyboard(page: Page, docs: Docs) -> None:
    opened(page, docs)
    tab_to(page, "GET/health")
    page.keyboard.press("Enter")
    tab_to(page, "Try it out")
    page.keyboard.press("Enter")
    tab_to(page, "Execute")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    status = operation(page, "getHealth").locator(".live-responses-table tbody td").first
    expect(status).to_contain_text("200", timeout=EXPECT_MS)


# Rules that the bundled Swagger UI breaks. It is used as published.
OF_THE_BUNDLE = {
    "color-contrast": "its styles set the colours of methods, versions and buttons",
    "nested-interactive": "its summary of an operation is a button with a button for copying in it",
}
OURS = ":not(#contract *), #filter, .problems, .header-col"


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_in_the_page(
    page: Page, server: Api, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    opened(page, Docs(f"http://127.0.0.1:{LocalServer.running[0].port}", server))
    operation(page, "getHealth").locator(".opblock-summary-control").click()
    expect(page.locator(".problems")).to_be_visible()
    assert serious(page, OF_THE_BUNDLE, OURS) == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(250, 250, 250)", "dark": "rgb(28, 32, 34)"}[scheme]


def test_a_reader_filters_and_unfolds_and_is_told_of_a_lost_connection(
    page: Page, server: Api
) -> None:
    opened(page, Docs(f"http://127.0.0.1:{LocalServer.running[0].port}", server))
    page.get_by_label("Filter operations").fill("health")
    expect(operation(page, "listProjects")).to_have_count(0)
    box = operation(page, "getHealth")
    box.locator(".opblock-summary-control").click()
    expect(box.locator("tr.response[data-code='200']")).to_be_visible()
    problem = box.locator("tr.response[data-code^='5']").first
    expect(problem).to_be_hidden()
    box.get_by_role("button", name="problems").click()
    expect(problem).to_be_visible()
    names = box.locator(
        ".responses-table .header-row td:first-child, .responses-table td.header-col:first-child"
    ).all_text_contents()
    assert len(names) == len({*names}) > 0
    page.context.set_offline(True)
    box.get_by_role("button", name="Try it out").click()
    box.get_by_role("button", name="Execute").click()
    expect(page.get_by_role("alert")).to_contain_text("Check your connection")
    page.context.set_offline(False)
    box.get_by_role("button", name="Execute").click()
    expect(page.locator("#lost")).to_be_hidden()


def tab_to(page: Page, text: str) -> None:
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith(text):
            return
    raise AssertionError(f"{text} was not reached by Tab")


def test_nothing_but_the_services_own_files_runs(page: Page, seen: Seen, docs: Docs) -> None:
    opened(page, docs)
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        document.body.append(Object.assign(new Image(), { src: "http://127.0.0.1:9/x.png" }));
    }""")
    assert page.evaluate("window.ran === undefined")
    assert any("Content Security Policy" in error for error in seen.errors)


def landmarks(page: Page) -> list[int]:
    return [page.locator(tag).count() for tag in ("main, [role=main]", "h1", "main #contract")]


@pytest.mark.node
@pytest.mark.parametrize("cause", ["it is being loaded", "no connection", "an error"])
def test_one_main_and_one_h1_with_the_contract_and_without(
    page: Page, docs: Docs, cause: str
) -> None:
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    cut: dict[str, Callable[[Route], None]] = {
        "it is being loaded": wait,
        "no connection": lambda route: route.abort(),
        "an error": lambda route: route.fulfill(status=500, json={"detail": "Try again."}),
    }
    page.route("**/openapi.json", cut[cause])
    page.goto(f"{docs.url}/docs")
    text = (
        "Loading the contract." if cause == "it is being loaded" else "The contract did not load."
    )
    expect(page.locator("#contract")).to_contain_text(text)
    assert landmarks(page) == [1, 1, 1]
    assert serious(page, OF_THE_BUNDLE, OURS) == []
    for route in waiting:
        route.continue_()
    if not waiting:
        page.emulate_media(color_scheme="dark")
        for title in page.locator(".errors-wrapper h4").all():
            expect(title).to_have_css("color", "rgb(228, 230, 230)")
        page.unroute("**/openapi.json")
        page.reload()
    expect(operation(page, "listProjects")).to_be_visible(timeout=EXPECT_MS)
    assert landmarks(page) == [1, 1, 1]
    expect(page.get_by_role("heading", level=2, name="Landscape API")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "cut", "told"),
    [
        ("/local/token", {"status": 422, "json": {"detail": "EMAIL is wrong"}}, "EMAIL is wrong"),
        ("/local/token", {"status": 502, "body": "<html>"}, "the service answered 502"),
        ("/local/token", None, "Failed to fetch"),
        (
            "/api/v1/me",
            {"status": 401, "json": {"detail": "The token expired"}},
            "The token expired",
        ),
        ("/api/v1/me", None, "Failed to fetch"),
    ],
)
def test_a_failed_sign_in_is_told_in_the_page(
    page: Page, seen: Seen, server: Api, path: str, cut: dict[str, Any] | None, told: str
) -> None:
    opened(page, Docs(f"http://127.0.0.1:{LocalServer.running[0].port}", server))
    page.route(f"**{path}", lambda route: route.fulfill(**cut) if cut else route.abort())
    page.get_by_role("button", name="Auditor", exact=True).click()
    status = page.locator("#sign-in output")
    expect(status).to_have_text(f"The sign-in failed: {told}. Sign in again.")
    assert [error for error in seen.errors if "Failed to load resource" not in error] == []
    page.unroute(f"**{path}")
    page.get_by_role("button", name="Auditor", exact=True).click()
    expect(status).to_contain_text("Signed in as me@example.org")


def test_a_developer_signs_in_with_a_button(page: Page, seen: Seen, server: Api) -> None:
    opened(page, Docs(f"http://127.0.0.1:{LocalServer.running[0].port}", server))
    page.get_by_text("Somebody else").click()
    page.locator("select[name=service]").select_option("digital-landscape")
    page.get_by_label("E-mail").fill("rita@example.org")
    page.get_by_label("Groups").fill("admin, reviewer")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status")).to_contain_text("Signed in as rita@example.org")
    expect(tried(page, "getMe")).to_contain_text("200")
    expect(operation(page, "getMe").locator(".live-responses-table")).to_contain_text("rita@")
    assert seen.errors == []


def test_the_radar_is_dark_on_a_screen_alone(page: Page, seen: Seen, docs: Docs) -> None:
    """Its policy allows its own styles. Print stays white."""
    as_drawing = {"accept": "image/svg+xml"}
    page.route("**/api/v1/radar", lambda route: route.continue_(headers=as_drawing))
    page.goto(f"{docs.url}/api/v1/radar")
    fills = "['.back', 'text'].map(one => getComputedStyle(document.querySelector(one)).fill)"
    light = ["rgb(255, 255, 255)", "rgb(26, 26, 26)"]
    dark = ["rgb(22, 24, 29)", "rgb(242, 242, 242)"]
    page.emulate_media(media="screen", color_scheme="light")
    assert page.evaluate(fills) == light
    page.emulate_media(media="screen", color_scheme="dark")
    assert page.evaluate(fills) == dark
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(fills) == light
    assert [error for error in seen.errors if "404" not in error] == []  # a browser's own favicon


@pytest.mark.node
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_gets_the_index_as_a_page(
    page: Page, seen: Seen, docs: Docs, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(NARROW)
    page.goto(f"{docs.url}/")
    assert [page.locator(tag).count() for tag in ("main", "h1", "script")] == [1, 1, 0]
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.get_by_role("img").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    assert serious(page) == []
    assert seen.errors == []
    links = page.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
    assert f"{docs.url}/docs" in links
    assert [page.request.get(link).status for link in links] == [200] * len(links)
    colour = page.evaluate("getComputedStyle(document.body).color")
    assert colour == {"light": "rgb(31, 35, 40)", "dark": "rgb(228, 230, 230)"}[scheme]
    page.get_by_role("link", name="Try requests").click()
    expect(operation(page, "listProjects")).to_be_visible(timeout=EXPECT_MS)


PERSONS = {AUDITOR: "Auditor", ADMIN: "Admin", REVIEWER: "Reviewer"}


def test_each_example_works_for_the_person_whose_it_is(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examples run in the page's order, on the shipped data."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert reports_of(DATA, "local")
    callers = {request.operation: request.caller for request in REQUESTS}
    with LocalServer(tmp_path, ROOT, "--no-autoreload") as own:
        page.goto(f"http://127.0.0.1:{own.port}/docs")
        expect(operation(page, "listProjects")).to_be_visible(timeout=EXPECT_MS)
        ids = page.evaluate("[...document.querySelectorAll('.opblock')].map(e => e.id)")
        names = [str(one).rpartition("-")[2] for one in ids]
        assert {*callers} <= {*names}
        for name in names:
            if caller := callers.get(name):
                person = page.get_by_role("button", name=PERSONS[caller], exact=True)
                person.click()
                who = f"{person.get_attribute('data-email')} of {caller[0]}, who may: read-me"
                expect(page.get_by_role("status")).to_contain_text(who)
            status = tried(page, name)
            assert (status.text_content() or "").strip()[0] == "2", name
            operation(page, name).locator(".opblock-summary-control").click()


@pytest.mark.parametrize("service", ["tech-audit-tool", "digital-landscape"])
def test_each_pools_sign_in_pages_give_an_id_token(
    page: Page, seen: Seen, tmp_path: Path, service: str
) -> None:
    setting = f"{service.upper().replace('-', '_')}_HOSTED_UI"
    with (
        HostedUi() as pages,
        LocalServer(tmp_path, ROOT, "--no-autoreload", **{setting: pages.url}) as own,
    ):
        api = Api(own.send, Settings.read(local_environment(tmp_path)))
        user = api.as_user(service, "me@example.org")
        pages.id_token = user.headers["Authorization"].split()[1]
        opened(page, Docs(f"http://127.0.0.1:{own.port}", user))
        page.get_by_role("button", name="Authorize", exact=True).click()
        dialog = page.locator(".dialog-ux")
        dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
        expect(dialog.get_by_role("button", name="Remove authorization").first).to_be_visible()
        dialog.get_by_role("button", name="Close").last.click()
        expect(tried(page, "getMe")).to_contain_text("200")
        expect(operation(page, "getMe").locator(".live-responses-table")).to_contain_text(service)
    assert pages.asked["client_id"] == f"{service.replace('-', '_')}_local"
    assert seen.errors == []
