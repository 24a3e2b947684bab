"""The contract and its page as they are served: locally, on a stage and behind a base path."""

from copy import deepcopy
from pathlib import Path

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.routes.contract import FILES, IMMUTABLE, PAGE, page_names, placed
from chalicelib.settings import Settings
from tests.support.api import Api, local_environment, through_app
from tests.support.contract_check import contract

AUDIT_SIGN_IN = "https://audit.auth.eu-west-2.amazoncognito.com"


def deployed(state: Path, base: str = "", **more: str) -> Api:
    """The API of the dev stage, behind `base`."""
    dev = {"LANDSCAPE_STAGE": "dev", "LANDSCAPE_REQUIRE_WAF": "false", **more}
    settings = Settings.read(local_environment(state, **dev))
    return Api(through_app(create_app(settings), base), settings)


def test_the_service_serves_the_document_that_is_in_the_repository(api: Api) -> None:
    said, written = api.get("/openapi.json").json, contract()
    for part in ("openapi", "info", "tags"):
        assert said[part] == written[part]
    for part in ("schemas", "responses", "parameters", "headers"):
        assert said["components"][part] == written["components"][part]
    assert said["paths"].keys() == written["paths"].keys()


def test_who_has_it_already_is_told_so(api: Api) -> None:
    for path in ("/openapi.json", "/docs"):
        first = api.get(path)
        again = api.get(path, if_none_match=first.etag)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["cache-control"] == "no-cache"


def test_a_cache_keeps_the_pages_files_for_ever_and_its_html_not(api: Api) -> None:
    for name, hashed in page_names().items():
        said = api.get(f"/docs/{hashed}").headers["cache-control"]
        assert said == ("no-cache" if name.endswith(".html") else IMMUTABLE)


def test_the_page_has_the_radars_title_and_is_not_in_the_contract(tmp_path: Path) -> None:
    api = deployed(tmp_path, LANDSCAPE_RADAR_TITLE="Ours & <yours>")
    assert b"<h1>Ours &amp; &lt;yours&gt;</h1>" in api.get("/docs").body
    assert not [path for path in contract()["paths"] if path.startswith("/docs")]


@pytest.mark.parametrize("base", ["", "/dev", "/a-base-path"])
def test_the_document_and_the_page_are_of_the_place_they_were_asked_for(
    tmp_path: Path, base: str
) -> None:
    api = deployed(tmp_path, base)
    servers = api.get("/openapi.json").json["servers"]
    assert [each["url"] for each in servers] == [base or "/", f"{base}/iam"]
    text = api.get("/docs").body.decode()
    for name in ("page.css", "page.js", "swagger-ui.css", "swagger-ui-bundle.js"):
        assert f'"{base}/docs/{page_names()[name]}"' in text
    assert "{{" not in text


def test_a_path_cannot_write_into_the_page(tmp_path: Path) -> None:
    assert b"<script>x" not in deployed(tmp_path, '/"><script>x').get("/docs").body


def test_a_pool_with_sign_in_pages_can_be_signed_in_at_and_no_other(tmp_path: Path) -> None:
    api = deployed(tmp_path, TECH_AUDIT_TOOL_HOSTED_UI=f"{AUDIT_SIGN_IN}/")
    document = api.get("/openapi.json").json
    schemes = document["components"]["securitySchemes"]
    assert schemes.keys() == {"tech-audit-tool", "bearer", "iam-role"}
    flow = schemes["tech-audit-tool"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == f"{AUDIT_SIGN_IN}/oauth2/authorize"
    assert flow["tokenUrl"] == f"{AUDIT_SIGN_IN}/oauth2/token"
    named = {
        name
        for item in document["paths"].values()
        for operation in item.values()
        for choice in operation["security"]
        for name in choice
    }
    assert named == schemes.keys()
    policy = api.get("/docs").headers["content-security-policy"]
    assert f"connect-src 'self' {AUDIT_SIGN_IN};" in policy


def test_the_document_links_the_documentation_where_there_is_one() -> None:
    url = "https://wiki.example.org/landscape/"
    linked = placed(deepcopy(contract()), "", (), url, has_roles=True)
    assert linked["externalDocs"]["url"] == url
    assert "externalDocs" not in placed(deepcopy(contract()), "", (), has_roles=True)


def test_where_no_role_is_listed_the_document_offers_no_signature(tmp_path: Path) -> None:
    none = {"TECH_AUDIT_TOOL_ROLE_ARNS": "", "DIGITAL_LANDSCAPE_ROLE_ARNS": ""}
    document = deployed(tmp_path, **none).get("/openapi.json").json
    assert [each["url"] for each in document["servers"]] == ["/"]
    assert "iam-role" not in str(document["paths"]) + str(document["components"]["securitySchemes"])


@pytest.mark.parametrize("path", ["/docs", *(f"/docs/{name}" for name in page_names().values())])
def test_the_page_runs_nothing_but_its_own_files(api: Api, path: str) -> None:
    answer = api.get(path)
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    text = answer.body.decode()
    if answer.headers["content-type"].startswith("text/html"):
        assert "<style" not in text
        assert all("src=" in tag for tag in text.split("<script")[1:])


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "page.js",
        "page.000000000000.js",
        "..",
        "LICENSE",
        "app.py",
        "%2e%2e%2fsettings.py",
    ],
)
def test_no_other_file_is_served(api: Api, name: str) -> None:
    assert api.get(f"/docs/{name}").status == 404


def test_every_file_is_there_with_its_licence() -> None:
    shipped = {path.name for path in PAGE.iterdir()}
    assert shipped == {*FILES, "index.html", "LICENSE"}


@pytest.mark.parametrize("api", ["test_client", "server"], indirect=True)  # local stage only
def test_the_local_stage_signs_a_developer_in(api: Api) -> None:
    body = {"service": "digital-landscape", "email": "rita@example.org", "groups": ["admin"]}
    told = api("POST", "/local/token", body, {"Host": "localhost:8000"})
    assert told.status == 200
    me = api.with_token(told.json["token"]).get("/api/v1/me").json
    assert {key: me[key] for key in body} == body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"service": "no-service", "email": "a@b.c", "groups": []},
        {"service": "tech-audit-tool", "email": "nobody", "groups": []},
        {"service": "tech-audit-tool", "email": "a@b.c", "groups": "Admin"},
        {"service": "tech-audit-tool", "email": "a@b.c", "groups": [1]},
        {"service": "tech-audit-tool", "email": "a@b.c", "groups": ["x,Admin"]},
    ],
)
def test_it_says_what_it_needs_to_know(client: Api, body: object) -> None:
    answer = client("POST", "/local/token", body, {"Host": "localhost"})
    assert answer.status == 422
    assert answer.json["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        *(({"Host": host}, 200) for host in ("LocalHost:8000", "127.0.0.1:1", "[::1]:8000")),
        *(({"Host": host}, 403) for host in ("evil.example", "evil.example:8000", "10.0.0.1", "")),
        *(
            ({"Host": host}, 403)
            for host in ("localhost.evil.example", "localhost@x", "[::1", "::1")
        ),
        *(({"Origin": origin}, 200) for origin in ("http://localhost:1", "http://[::1]:3000")),
        ({"Origin": "https://listed.example"}, 200),
        *(
            ({"Origin": origin}, 403)
            for origin in ("https://evil.example", "null", "", "localhost")
        ),
        *(({"Content-Type": kind}, 200) for kind in ("Application/JSON", "application/json;a=b")),
        *(({"Content-Type": kind}, 415) for kind in (None, "", "text/plain", "application/jsonp")),
        ({"Content-Type": "text/plain; application/json"}, 415),
        ({"Content-Type": "text/plain, application/json"}, 415),
        ({"Content-Type": "text/plain; x=*/*"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_development_token_is_for_this_machines_own_pages(
    tmp_path: Path, headers: dict[str, str | None], status: int
) -> None:
    """A browser sends the type, host and origin of a page. Other sites' pages get no token."""
    settings = Settings.read(local_environment(tmp_path, CORS_ORIGINS="https://listed.example"))
    app = create_app(settings, issue_token=lambda *_: "a token")
    given = {"Host": "localhost:8000", "Content-Type": "application/json", **headers}
    sent = {name: value for name, value in given.items() if value is not None}
    body = b'{"service": "tech-audit-tool", "email": "a@b.c", "groups": []}'
    answer = through_app(app)("POST", "/local/token", sent, body)
    assert answer.status == status
    assert (b"a token" in answer.body) == (status == 200)
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == status
