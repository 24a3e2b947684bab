"""What holds for every route: problems, request ids, CORS, the order of checks, HTTP's own errors."""

import json

import pytest

from chalicelib.bootstrap import create_app
from tests.api.test_routes import TABLE, concrete
from tests.support.api import ORIGIN, Api, P, event

PATHS = sorted({concrete(path) for path, *_ in TABLE})
METHODS = {path: {m for p, m, *_ in TABLE if concrete(p) == path} for path in PATHS}
WRITES = sorted((m, path) for path in PATHS for m in METHODS[path] & {"POST", "PUT", "PATCH"})


def test_a_problem_says_what_where_and_which_request(api: Api) -> None:
    answer = api.get(f"{P}/no-such-project")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "type": "urn:landscape-api:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no project with this id",
        "instance": f"{P}/no-such-project",
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_listed_origin_is_echoed_on_every_path_errors_too(api: Api, path: str) -> None:
    for method in ("GET", "DELETE", "OPTIONS"):
        answer = api(method, path, origin=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:30000", "*"])
def test_an_origin_that_is_not_listed_is_told_nothing(client: Api, origin: str) -> None:
    for method in ("GET", "OPTIONS"):
        answer = client(method, P, origin=origin)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_names_the_methods_of_its_path_and_others_are_a_405(
    api: Api, path: str
) -> None:
    asked = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "if-match",
        "Origin": ORIGIN,
    }
    answer = api("OPTIONS", path, None, asked)
    assert (answer.status, answer.body) == (204, b"")
    offered = METHODS[path] | {"OPTIONS"}
    for header in ("allow", "access-control-allow-methods"):
        assert set(answer.headers[header].split(", ")) == offered
    for header in ("Authorization", "If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id"):
        assert header in answer.headers["access-control-allow-headers"]
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        answer = api(method, path)
        assert (answer.status == 405) == (method not in offered)
        if answer.status == 405:
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.headers["allow"].split(", ")) == offered
            assert answer.headers["x-request-id"]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_the_type_and_the_size_of_a_body_are_checked_before_the_token(
    api: Api, method: str, path: str
) -> None:
    text = {"Content-Type": "text/plain", "Origin": ORIGIN}
    answer = api(method, path, b"x" * 300_000, text)
    assert answer.status == 415
    assert answer.json["type"] == "urn:landscape-api:problem:unsupported-media-type"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert api(method, path, b" " * (256 * 1024 + 1)).status == 413
    assert api(method, path, b" " * (256 * 1024)).status == 401


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'"text"', b'{"name": NaN}', b'{"name": Infinity}'),
        *(b'{"name": "a", "name": "b"}', b'{"hosting": {"types": [], "types": []}}'),
        *(b'{"name": "\xff"}', b'\xef\xbb\xbf{"name": "a"}', "{}".encode("utf-16")),
        *(b"[" * 100_000, b'{"a":' * 50_000, b'{"version": ' + b"9" * 10_000 + b"}"),
    ],
)
def test_what_is_no_json_object_is_a_400_problem(api: Api, body: bytes) -> None:
    answer = api.auditor()("POST", P, body)
    assert answer.status == 400
    assert answer.json["type"] == "urn:landscape-api:problem:malformed"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "The body is empty"),
        (b'{"a":', "The body is not JSON: Expecting value at line 1, column 6"),
        (
            b'{"version": ' + b"9" * 5000 + b"}",
            "The body is not JSON: it holds a number that is too long",
        ),
        (b'{"name": "x", "hosting": 7}', "/hosting: is not an object"),
        (b'{"name": "x", "documentation": {}}', "/documentation: is not a list"),
        (b'{"name": "x", "hosting": {"typ/es~": []}}', "/hosting/typ~1es~0: unknown field"),
    ],
)
def test_the_wording_of_a_problem_is_for_callers(client: Api, body: bytes, detail: str) -> None:
    answer = client.auditor()("POST", P, body)
    assert answer.json["detail"] == detail
    assert answer.status == 400 or answer.flaws == [detail.partition(":")[0]]


@pytest.mark.parametrize("path", [path for path in PATHS if "GET" in METHODS[path]])
def test_an_unknown_query_parameter_is_refused(api: Api, path: str) -> None:
    assert api.audit_admin().get(f"{path}?limti=3").flaws == ["/limti"]


def test_a_path_without_parameters_says_so(client: Api) -> None:
    told = client.get("/health?x=1").json["detail"]
    assert told == "/x: unknown query parameter: this path takes none"


def test_a_get_minds_neither_its_content_type_nor_a_trailing_slash(api: Api) -> None:
    assert api.get(f"{P}/", content_type="text/plain").status == 200


def test_the_index_leads_to_every_list(api: Api) -> None:
    links = api.get("/").json["links"]
    assert {"projects", "technologies", "radar", "health", "me"} <= links.keys()
    for name, path in links.items():
        assert api.get(path).status == (401 if name == "me" else 200)
    assert api.get("/health").json["status"] == "ok"


def test_what_a_token_opens_is_not_cached(api: Api) -> None:
    assert api.auditor().get("/api/v1/me").headers["cache-control"] == "no-store"


def test_answers_say_letters_as_they_are(api: Api, name: str) -> None:
    """UTF-8, so that an answer is no larger than what was sent."""
    told = f"{name} é \N{SNAKE}"
    made = api.project(told)
    changed = api.auditor()("PATCH", made.location, {"description": "ё"}, if_match=made.etag)
    listed = api.get(f"{P}?q={name}".replace(" ", "+"))
    for answer in (made, changed, api.get(made.location), listed):
        assert told.encode() in answer.body
    assert "/ключ".encode() in api.project(told, ключ=1).body


@pytest.mark.parametrize(("query", "status"), [({"\udfff": ["1"]}, 422), (None, 404)])
def test_half_a_surrogate_pair_in_a_path_does_no_harm(
    client: Api, query: object, status: int
) -> None:
    """UTF-8 cannot hold it, and Lambda could not send it."""
    where, path = {"project_id": "\ud800"}, f"{P}/\ud800"
    asked = event("GET", f"{P}/{{project_id}}", path, query, pathParameters=where)
    asked["requestContext"]["requestId"] = "r-1"
    answer = create_app(client.settings)(asked, None)
    assert (answer["statusCode"], answer["headers"]["X-Request-Id"]) == (status, "r-1")
    assert json.loads(answer["body"].encode())["instance"] == path
