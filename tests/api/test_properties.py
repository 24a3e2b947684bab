"""Any input gives a documented answer: never a 500, never a dropped connection."""

import json
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import Answer, Api

P = "/api/v1/projects"
T = "/api/v1/technologies"
# What the documentation says can be answered to anything at all; never 5xx.
READ = {200, 304, 400, 404, 422}
WRITTEN = {200, 201, 204, 400, 404, 409, 412, 413, 415, 422, 428}
QUIET = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXT = st.text(max_size=30) | st.sampled_from(
    ["C#", "PL/SQL", ".NET", 'a"b', "NEAR(", "a*", "' OR 1=1", "\x00", "\ud800"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
NAME = LINE.filter(str.strip)
URL = st.sampled_from(["https://example.org/a", "http://localhost:1", "ftp://no", "https://"])
# Mostly what a caller may say, so that many of these are taken.
SAID = {
    "name": NAME,
    "short_name": LINE,
    "programme": LINE,
    "description": LINE,
    "stage": st.sampled_from([None, "development", "unsupported", "retired"]),
    "development": st.none()
    | st.fixed_dictionaries({"type": st.just("outsourced"), "company": LINE}),
    "hosting": st.fixed_dictionaries(
        {}, optional={"types": st.just(["cloud"]), "details": st.lists(NAME, max_size=2)}
    ),
    "environments": st.lists(st.sampled_from(["dev", "prod", "test"]), max_size=3),
    "documentation": st.lists(URL, max_size=2),
    "technologies": st.lists(
        st.fixed_dictionaries(
            {"technology": NAME, "category": st.sampled_from(["languages", "cicd"])},
            optional={"main": st.booleans(), "name": NAME},
        ),
        max_size=3,
    ),
    "quadrant": st.sampled_from(["languages", "infrastructure"]),
    "ring": st.sampled_from(["adopt", "hold", "hell"]),
    "aliases": st.lists(NAME, max_size=2),
    "tags": st.lists(NAME, max_size=2),
    "link": URL | st.just(""),
    "note": LINE,
    "contacts": st.lists(
        st.fixed_dictionaries({"email": st.emails()}, optional={"grade": LINE}), max_size=2
    ),
    "id": TEXT,
    "version": st.integers(),
    "moves": JSON,
    "project_count": st.integers(),
    "updated_by": TEXT,
}


def body_of(*fields: str) -> st.SearchStrategy[Any]:
    """What a careful caller sends, with a field or two of a careless one; or anything."""
    good = st.fixed_dictionaries(
        {fields[0]: SAID[fields[0]]}, optional={name: SAID[name] for name in fields[1:]}
    )
    noise = st.dictionaries(st.sampled_from(list(SAID)) | TEXT, JSON, max_size=1)
    return good | good | st.builds(lambda a, b: {**a, **b}, good, noise) | JSON


PROJECT = body_of(
    "name", "short_name", "programme", "description", "stage", "development", "hosting",
    "environments", "documentation", "technologies", "id", "version",
)  # fmt: skip
TECHNOLOGY = body_of("name", "quadrant", "ring", "aliases", "tags", "link", "description", "moves")
MOVE = body_of("ring", "note")
CONTACTS = body_of("contacts", "version", "updated_by")
PATCH = st.fixed_dictionaries(
    {}, optional={name: st.none() | SAID[name] for name in ("stage", "development", "hosting",
    "environments", "documentation", "technologies", "programme", "version")}
)  # fmt: skip
HEADER = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40
)
TAG = HEADER | st.sampled_from(['"1"', "*", 'W/"1"', '"1-', '"1", "2"'])
PATH_PART = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


_written = count()


def writer(api: Api) -> Api:
    """An admin, who writes ten times: a caller may bring 50 technologies into being in a day."""
    return api.auditor(f"writer-{next(_written) // 10}@example.org", "Admin")


@pytest.fixture
def filled(api: Api) -> Api:
    """The API with a project and a technology, whatever else its store holds."""
    uses = [{"technology": "Python", "category": "languages"}]
    api.auditor()("POST", P, {"name": "Some", "technologies": uses})
    return api


def check(answer: Answer, allowed: set[int]) -> None:
    assert answer.status in allowed, (answer.status, answer.body)
    assert answer.headers["x-request-id"]
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
        assert (answer.status == 422) >= bool(answer.json.get("errors"))


def encoded(value: Any) -> bytes:
    """As a careless client would: NaN, lone surrogates and all."""
    return json.dumps(value).encode()


@QUIET
@given(
    query=st.dictionaries(
        st.sampled_from(["q", "technology", "programme", "stage", "sort", "limit", "cursor"])
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        max_size=3,
    ),
    path=st.sampled_from(
        [P, T, f"{T}/python/projects", f"{T}/python/moves", "/api/v1/radar", "/", "/health"]
    ),
)
def test_any_query_is_answered(filled: Api, query: dict[str, str], path: str) -> None:
    check(filled.get(f"{path}?{urlencode(query)}"), READ)


@QUIET
@given(raw=st.binary(max_size=40), path=st.sampled_from([P, T]))
def test_any_bytes_in_a_query_are_answered(filled: Api, raw: bytes, path: str) -> None:
    check(filled.get(f"{path}?q={quote(raw)}"), READ)


@QUIET
@given(part=PATH_PART, tail=st.sampled_from(["", "/projects", "/moves", "/contacts"]))
def test_any_id_is_answered(filled: Api, part: str, tail: str) -> None:
    base = P if tail == "/contacts" else T
    if part.strip("/.") and "/" not in part:
        check(filled.auditor().get(f"{base}/{quote(part, safe='')}{tail}"), READ)


@QUIET
@given(body=PROJECT)
def test_any_new_project_is_answered(filled: Api, body: Any) -> None:
    check(writer(filled)("POST", P, encoded(body)), WRITTEN)


@QUIET
@given(technology=TECHNOLOGY, move=MOVE)
def test_any_new_technology_or_move_is_answered(filled: Api, technology: Any, move: Any) -> None:
    check(filled.reviewer()("POST", T, encoded(technology)), WRITTEN)
    check(filled.reviewer()("POST", f"{T}/python/moves", encoded(move)), WRITTEN)


@QUIET
@given(body=PROJECT, method=st.sampled_from(["PUT", "PATCH"]), tag=TAG)
def test_any_change_of_a_project_is_answered(filled: Api, body: Any, method: str, tag: str) -> None:
    admin = writer(filled)
    check(admin(method, f"{P}/some", encoded(body), {"If-Match": tag.strip()}), WRITTEN)
    check(admin(method, f"{P}/some", encoded(body), {"If-Match": "*"}), WRITTEN)


@QUIET
@given(body=TECHNOLOGY, method=st.sampled_from(["PUT", "PATCH"]))
def test_any_change_of_a_technology_is_answered(filled: Api, body: Any, method: str) -> None:
    answer = filled.radar_admin()(method, f"{T}/python", encoded(body), {"If-Match": "*"})
    check(answer, WRITTEN)


@QUIET
@given(body=CONTACTS)
def test_any_contacts_are_answered(filled: Api, body: Any) -> None:
    admin = writer(filled)
    check(admin("PUT", f"{P}/some/contacts", encoded(body), {"If-Match": "*"}), WRITTEN)


@QUIET
@given(body=st.binary(max_size=200), method=st.sampled_from(["POST", "PUT", "PATCH"]))
def test_any_bytes_as_a_body_are_answered(filled: Api, body: bytes, method: str) -> None:
    path = P if method == "POST" else f"{P}/some"
    check(filled.audit_admin()(method, path, body, {"If-Match": "*"}), WRITTEN)


@QUIET
@given(
    headers=st.dictionaries(
        st.sampled_from(["Origin", "If-None-Match", "If-Match", "Accept", "Idempotency-Key"]),
        HEADER,
        max_size=4,
    )
)
def test_any_headers_are_answered(filled: Api, headers: dict[str, str]) -> None:
    sent = {name: value.strip() for name, value in headers.items()}
    check(filled("GET", f"{P}/some", headers=sent), READ)
    check(filled.audit_admin()("PATCH", f"{P}/some", {}, sent), WRITTEN)


@QUIET
@given(content_type=HEADER)
def test_any_content_type_is_answered(filled: Api, content_type: str) -> None:
    sent = {"Content-Type": content_type.strip()}
    check(filled.auditor()("POST", P, b"{}", sent), WRITTEN)


@QUIET
@given(patch=PATCH)
def test_a_patch_is_what_a_put_of_the_merged_would_be(filled: Api, patch: dict[str, Any]) -> None:
    """Both are refused, or both leave the same project."""
    from chalicelib.routes.writing import merge_patch

    admin = writer(filled)
    before = filled.get(f"{P}/some").json
    patched = admin("PATCH", f"{P}/some", encoded(patch), {"If-Match": "*"})
    if patched.status != 200:
        assert filled.get(f"{P}/some").json == before
        return
    read_only = {"id", "version", "created_at", "updated_at"}
    for name in read_only & patch.keys():
        assert patch.pop(name) == before[name]
    body = {k: v for k, v in merge_patch(before, patch).items() if k not in read_only}
    put = admin("PUT", f"{P}/some", encoded(body), {"If-Match": "*"})
    assert put.status == 200
    changing = {"version", "updated_at"}
    assert {k: v for k, v in put.json.items() if k not in changing} == {
        k: v for k, v in patched.json.items() if k not in changing
    }
