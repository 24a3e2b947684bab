"""Callers without a credential read no person's address: a walk over every public answer."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.services.cursors import TAG_BYTES
from chalicelib.settings import Settings
from tests.api.test_routes import TABLE
from tests.api.test_telemetry import Lines, lines  # noqa: F401 - a fixture
from tests.support.api import ORIGIN, Answer, Api, P, T, in_lambda, public, through_app
from tests.support.contract_check import contract
from tests.support.persons import KINDS, PERSONS, RITA, fill, place_of

IDS = {"project_id": "shared-one", "technology_id": "go", "file": "page.css"}
# The values to send for each filter, by its name. A filter with fixed values is not here.
ASKED = {
    "q": ("go", "shared", "rita", RITA),
    "name": ("shared one", RITA),
    "technology": ("golang", "go", RITA),
    "programme": ("census", RITA),
    "tag": ("data",),
    "directorate": ("1", "7"),
    "limit": ("1", "2", "0"),
    "cursor": ("made-up",),
}
# Swagger UI and the contract's examples have `@`, but no address of the register.
OWN_TEXTS = ("/docs", "/openapi.json")


@pytest.fixture(params=KINDS)
def reader(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Api]:
    """The API inside Lambda, without a credential, over a register with many persons."""
    with place_of(request.param, tmp_path, lambda: request.getfixturevalue("emulator")) as place:
        fill(place.open(), settings)
        inside = in_lambda(settings)
        yield Api(through_app(create_app(inside, place.open())), inside)


def targets() -> Iterator[tuple[str, str]]:
    """Every method and path, and each filter with each of its values, also with small pages."""
    for path, method, _, rule in sorted(TABLE, key=str):
        place = path.format(**IDS)
        yield method, place
        yield method, path.format(**dict.fromkeys(IDS, "nobody"))
        yield method, f"{place}?unknown={quote(RITA)}"
        if method == "GET" and rule is None:
            for parameter in (
                contract()["paths"].get(path, {"get": {}})["get"].get("parameters", ())
            ):
                yield from (("GET", f"{place}?{each}") for each in queries(parameter))


def queries(parameter: dict[str, str]) -> Iterator[str]:
    """The queries for a parameter. Only query parameters have a $ref in an operation."""
    if "$ref" not in parameter:
        return
    said = contract()["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    if said["in"] == "query":
        name = said["name"]
        for value in ASKED.get(name) or said["schema"].get("enum", ()):
            yield f"{name}={quote(value)}"
            if name not in ("limit", "cursor", "directorate", "rings"):
                yield f"{name}={quote(value)}&limit=1"


def answers(reader: Api) -> Iterator[tuple[str, Answer]]:
    """The answers to every target, to its next pages and to requests with If-None-Match."""
    for method, target in targets():
        answer = reader(method, target, None, {"Origin": ORIGIN})
        yield target, answer
        if "etag" in answer.headers:
            yield target, reader.get(target, if_none_match=answer.etag)
        cursor = following(answer)
        while cursor:
            place = urlsplit(target)
            given = {**{k: v[0] for k, v in parse_qs(place.query).items()}, "cursor": cursor}
            query = "&".join(f"{name}={quote(value)}" for name, value in given.items())
            answer = reader.get(f"{place.path}?{query}")
            yield target, answer
            cursor = following(answer)


def following(answer: Answer) -> str | None:
    is_page = answer.status == 200 and answer.body.startswith(b'{"items"')
    found: str | None = answer.json["next_cursor"] if is_page else None
    return found


def said(target: str, answer: Answer) -> str:
    """An answer's texts, without the caller's own query in Link."""
    cursor = following(answer)
    sealed = urlsafe_b64decode(f"{cursor}==") if cursor else b""
    payload = sealed[TAG_BYTES:].decode()  # after the checksum
    headers = {name: value for name, value in answer.headers.items() if name != "link"}
    link = answer.headers.get("link", "").replace(urlsplit(target).query.partition("&")[0], "")
    return "\n".join((answer.body.decode(), str(headers), link, payload))


def test_no_public_answer_and_no_line_of_the_log_names_anybody(
    reader: Api,
    lines: Lines,  # noqa: F811
) -> None:
    lines()  # drops the lines of filling the register
    asked = list(answers(reader))
    assert {200, 304, 400, 401, 404, 422} <= {answer.status for _, answer in asked}
    assert sum(1 for _, answer in asked if following(answer)) > 20
    for target, answer in asked:
        text = said(target, answer).lower()
        held = [each for each in PERSONS if each.lower() in text]
        assert (target, held) == (target, [])
        assert target.startswith(OWN_TEXTS) or "@" not in text, target
    logged = json.dumps(lines())
    assert "@" not in logged
    assert "GET /api/v1/technologies/{technology_id}/authors" in logged


def test_authors_are_there_for_a_token_and_only_there(client: Api) -> None:
    made = client.technology("Go", ring="adopt").json
    moved = client.reviewer(RITA)("POST", f"{T}/go/moves", {"ring": "hold"})
    assert [move["author"] for move in moved.json["moves"]] == ["reviewer@example.org", RITA]
    for reader in (client.auditor(), client.reviewer()):
        first = reader.get(f"{T}/go/authors?limit=1").json
        rest = reader.get(f"{T}/go/authors?limit=1&cursor={first['next_cursor']}").json
        assert first["items"] + rest["items"] == moved.json["moves"][::-1]
        assert rest["next_cursor"] is None
        assert reader.get(f"{T}/nobody/authors").status == 404
    assert client.get(f"{T}/go/authors").status == 401
    assert client.get(f"{T}/go/moves").json["items"] == public(moved.json)["moves"][::-1]
    assert client.get(f"{T}?q=go").json["items"] == [client.get(f"{T}/go").json]
    assert "author" not in str(client.get("/api/v1/radar").json)
    assert made["moves"][0]["author"] == "reviewer@example.org"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("sends_authors", [True, False])
@pytest.mark.parametrize("sends_tag_of_the_write", [True, False])
def test_moves_come_back_as_they_were_read_with_or_without_their_authors(
    client: Api, method: str, *, sends_authors: bool, sends_tag_of_the_write: bool
) -> None:
    """For an ETag from either form of the answer. The ETag proves which count was read."""
    client.technology("Go")
    moved = client.reviewer(RITA)("POST", f"{T}/go/moves", {"ring": "hold"})
    read = client.get(f"{T}/go")
    client.project("Uses it", "Go")
    body = moved.json if sends_authors else read.json
    tag = moved.etag if sends_tag_of_the_write else read.etag
    answer = client.radar_admin()(method, f"{T}/go", {**body, "tags": ["x"]}, if_match=tag)
    assert (answer.status, answer.json["tags"]) == (200, ["x"])
    assert answer.json["moves"] == moved.json["moves"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_author_cannot_be_changed(client: Api, method: str) -> None:
    made = client.technology("Go").json
    admin, path = client.radar_admin(), f"{T}/go"
    first, last = client.reviewer(RITA)("POST", f"{path}/moves", {"ring": "hold"}).json["moves"]
    for moves in (
        [first, {**last, "author": "forged@example.org"}],
        [first, {**last, "author": None}],
        [{**first, "author": RITA}, last],
        [first],
        [first, "author"],
    ):
        body = {"moves": moves, **_needed(made)}
        assert admin(method, path, body, if_match="*").flaws == ["/moves"]
    body = {"moves": [first, *public({"moves": [last]})["moves"]], **_needed(made)}
    assert admin(method, path, body, if_match="*").status == 200


def _needed(technology: dict[str, str]) -> dict[str, str]:
    return {name: technology[name] for name in ("name", "quadrant")}


def test_who_reads_addresses_is_logged_by_the_tokens_subject(
    settings: Settings,
    lines: Lines,  # noqa: F811
    client: Api,
) -> None:
    from tests.api.test_identity import Forger

    client.technology("Go")
    client.project("SDX")
    wanted = {f"{P}/sdx/contacts": True, f"{T}/go/authors": True, "/api/v1/me": False}
    for sub, subject in (
        ("5f1c-a", "5f1c-a"),
        ("someone@example.org", ""),
        ("x" * 129, ""),
        (None, ""),
    ):
        claims = {"claims": Forger(settings, "tech-audit-tool").claims(sub=sub)}
        inside = Api(through_app(create_app(in_lambda(settings)), authorizer=claims), settings)
        for path, is_logged in wanted.items():
            lines()
            assert inside.get(path).status == 200
            (line,) = lines()
            assert line.get("subject") == (subject if is_logged else None)
