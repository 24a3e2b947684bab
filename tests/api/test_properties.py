"""Any input gets a documented answer: never a 500, never a closed connection."""

import json
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.routes.writing import merge_patch
from tests.support.api import Answer, Api, P, T

# The documented statuses for any input; never 5xx.
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
# Mostly valid members, so that many bodies are accepted.
SAID = {
    "name": NAME,
    **dict.fromkeys(("short_name", "programme", "description", "note"), LINE),
    **dict.fromkeys(("id", "updated_by"), TEXT),
    **dict.fromkeys(("version", "project_count"), st.integers()),
    **dict.fromkeys(("aliases", "tags"), st.lists(NAME, max_size=2)),
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
    "link": URL | st.just(""),
    "contacts": st.lists(
        st.fixed_dictionaries({"email": st.emails()}, optional={"grade": LINE}), max_size=2
    ),
    "moves": JSON,
}


def body_of(*fields: str) -> st.SearchStrategy[Any]:
    """A valid body, the same with an invalid member, or any JSON."""
    good = st.fixed_dictionaries(
        {fields[0]: SAID[fields[0]]}, optional={name: SAID[name] for name in fields[1:]}
    )
    noise = st.dictionaries(st.sampled_from(list(SAID)) | TEXT, JSON, max_size=1)
    return good | good | st.builds(lambda a, b: {**a, **b}, good, noise) | JSON


PROJECT = body_of(
    *("name", "short_name", "programme", "description", "stage", "development", "hosting"),
    *("environments", "documentation", "technologies", "id", "version"),
)
TECHNOLOGY = body_of("name", "quadrant", "ring", "aliases", "tags", "link", "description", "moves")
WRITES = [
    ("POST", P, PROJECT),
    *((method, f"{P}/some", PROJECT) for method in ("PUT", "PATCH")),
    ("PUT", f"{P}/some/contacts", body_of("contacts", "version", "updated_by")),
    ("POST", T, TECHNOLOGY),
    *((method, f"{T}/python", TECHNOLOGY) for method in ("PUT", "PATCH")),
    ("POST", f"{T}/python/moves", body_of("ring", "note")),
]
CHANGED = ("stage", "development", "hosting", "environments", "documentation", "technologies")
PATCH = st.fixed_dictionaries(
    {}, optional={name: st.none() | SAID[name] for name in (*CHANGED, "programme", "version")}
)
HEADER = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40
)
TAG = HEADER | st.sampled_from(['"1"', "*", 'W/"1"', '"1-', '"1", "2"'])
WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


_written = count()


def writer(api: Api) -> Api:
    """A new admin after ten writes, because a caller may create only 50 technologies a day."""
    return api.auditor(f"writer-{next(_written) // 10}@example.org", "Admin")


@pytest.fixture
def filled(api: Api) -> Api:
    """The API with at least a project and a technology."""
    api.project("Some", "Python")
    return api


def check(answer: Answer, allowed: set[int]) -> None:
    assert answer.status in allowed, (answer.status, answer.body)
    assert answer.headers["x-request-id"]
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status
        assert (answer.status == 422) >= bool(answer.json.get("errors"))


def encoded(value: Any) -> bytes:
    """JSON as a careless client encodes it, also with NaN and lone surrogates."""
    return json.dumps(value).encode()


@QUIET
@given(
    query=st.dictionaries(
        st.sampled_from(["q", "technology", "programme", "stage", "sort", "limit", "cursor"])
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        WORD | st.binary(max_size=40),
        max_size=3,
    ),
    path=st.sampled_from(
        [P, T, f"{T}/python/projects", f"{T}/python/moves", "/api/v1/radar", "/", "/health"]
    ),
)
def test_any_query_is_answered(filled: Api, query: dict[str, str | bytes], path: str) -> None:
    check(filled.get(f"{path}?{urlencode(query)}"), READ)


@QUIET
@given(part=WORD, tail=st.sampled_from(["", "/projects", "/moves", "/contacts"]))
def test_any_id_is_answered(filled: Api, part: str, tail: str) -> None:
    base = P if tail == "/contacts" else T
    if part.strip("/.") and "/" not in part:
        check(filled.auditor().get(f"{base}/{quote(part, safe='')}{tail}"), READ)


@pytest.mark.parametrize("api", ["test_client", "wsgi"], indirect=True)  # ASCII is the same in both
@pytest.mark.parametrize(("method", "path", "bodies"), WRITES)
@QUIET
@given(data=st.data())
def test_any_json_is_answered(
    filled: Api, method: str, path: str, bodies: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    caller = filled.radar_admin() if path.startswith(T) else writer(filled)
    check(caller(method, path, encoded(data.draw(bodies)), if_match="*"), WRITTEN)


@QUIET
@given(body=st.binary(max_size=200), method=st.sampled_from(["POST", "PUT", "PATCH"]))
def test_any_bytes_as_a_body_are_answered(filled: Api, body: bytes, method: str) -> None:
    path = P if method == "POST" else f"{P}/some"
    check(filled.audit_admin()(method, path, body, if_match="*"), WRITTEN)


@QUIET
@given(
    headers=st.dictionaries(
        st.sampled_from(["Origin", "If-None-Match", "If-Match", "Accept", "Idempotency-Key"]),
        TAG,
        max_size=4,
    ),
    content_type=HEADER,
)
def test_any_headers_are_answered(filled: Api, headers: dict[str, str], content_type: str) -> None:
    sent = {name: value.strip() for name, value in headers.items()}
    check(filled("GET", f"{P}/some", headers=sent), READ)
    check(filled.audit_admin()("PATCH", f"{P}/some", {}, sent), WRITTEN)
    sent["Content-Type"] = content_type.strip()
    check(filled.auditor()("POST", P, b"{}", sent), WRITTEN)


@pytest.mark.parametrize("api", ["test_client", "wsgi"], indirect=True)
@QUIET
@given(patch=PATCH)
def test_a_patch_is_what_a_put_of_the_merged_would_be(filled: Api, patch: dict[str, Any]) -> None:
    """Both are refused, or both result in the same project."""
    admin, path = writer(filled), f"{P}/some"
    before = admin.get(path).json
    patched = admin("PATCH", path, encoded(patch), if_match="*")
    if patched.status != 200:
        assert admin.get(path).json == before
        return
    read_only = {"id", "version", "created_at", "updated_at"}
    for name in read_only & patch.keys():
        assert patch.pop(name) == before[name]
    body = {k: v for k, v in merge_patch(before, patch).items() if k not in read_only}
    put = admin("PUT", path, encoded(body), if_match="*")
    assert put.status == 200
    changing = {name: put.json[name] for name in ("version", "updated_at")}
    assert put.json == {**patched.json, **changing}
