"""What holds for every route: problems, request ids, CORS, the order of checks, HTTP's own errors."""

import json

import pytest

from chalicelib.bootstrap import create_app
from tests.support import ORIGIN, Api

PROJECT = "/api/v1/projects"
WRITES = [
    ("POST", "/api/v1/projects"),
    ("PUT", "/api/v1/projects/some"),
    ("PATCH", "/api/v1/projects/some"),
    ("PUT", "/api/v1/projects/some/contacts"),
    ("POST", "/api/v1/technologies"),
    ("PUT", "/api/v1/technologies/some"),
    ("PATCH", "/api/v1/technologies/some"),
    ("POST", "/api/v1/technologies/some/moves"),
]
PATHS = [
    "/",
    "/health",
    "/api/v1/me",
    "/api/v1/me/projects",
    "/api/v1/projects",
    "/api/v1/projects/some",
    "/api/v1/projects/some/contacts",
    "/api/v1/technologies",
    "/api/v1/technologies/some",
    "/api/v1/technologies/some/moves",
    "/api/v1/technologies/some/projects",
    "/api/v1/radar",
]


def test_a_problem_says_what_where_and_which_request(api: Api) -> None:
    answer = api.get("/api/v1/projects/no-such-project")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "type": "urn:landscape-api:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no project with this id",
        "instance": "/api/v1/projects/no-such-project",
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
        answer = client(method, PROJECT, origin=origin)
        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_names_the_methods_of_its_path(api: Api, path: str) -> None:
    answer = api(
        "OPTIONS",
        path,
        origin=ORIGIN,
        access_control_request_method="PATCH",
        access_control_request_headers="if-match",
    )
    assert answer.status == 204
    assert answer.body == b""
    methods = answer.headers["access-control-allow-methods"].split(", ")
    assert "OPTIONS" in methods
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert (api(method, path).status == 405) == (method not in methods)
    for header in ("Authorization", "If-Match", "If-None-Match", "Idempotency-Key", "X-Request-Id"):
        assert header in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_is_not_offered_is_a_405_problem(api: Api, path: str) -> None:
    for method in {"DELETE", "HEAD"} - set(_methods(api, path)):
        answer = api(method, path)
        assert answer.status == 405
        assert answer.headers["content-type"] == "application/problem+json"
        assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]
        assert answer.headers["x-request-id"]


def _methods(api: Api, path: str) -> list[str]:
    return api("OPTIONS", path).headers["allow"].split(", ")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_body_of_another_type_is_a_415_problem_before_all_else(
    api: Api, method: str, path: str
) -> None:
    answer = api(method, path, b"x" * 300_000, {"Content-Type": "text/plain"}, origin=ORIGIN)
    assert answer.status == 415
    assert answer.json["type"] == "urn:landscape-api:problem:unsupported-media-type"
    assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_body_over_256_kib_is_a_413_problem_before_the_token_counts(
    api: Api, method: str, path: str
) -> None:
    assert api(method, path, b" " * (256 * 1024 + 1)).status == 413
    assert api(method, path, b" " * (256 * 1024)).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": "a", "name": "b"}',
        b'{"hosting": {"types": [], "types": []}}',
        b'{"name": "\xff"}',
        b'\xef\xbb\xbf{"name": "a"}',
        "{}".encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"version": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_object_is_a_400_problem(api: Api, body: bytes) -> None:
    answer = api.auditor()("POST", PROJECT, body)
    assert answer.status == 400
    assert answer.json["type"] == "urn:landscape-api:problem:malformed"


def test_an_unknown_field_is_named_by_its_pointer(api: Api, name: str) -> None:
    answer = api.auditor()("POST", PROJECT, {"name": name, "hosting": {"typ/es~": []}})
    assert answer.status == 422
    assert answer.json["errors"] == [
        {"pointer": "/hosting/typ~1es~0", "detail": "unknown field"},
    ]


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_query_parameter_is_refused(api: Api, path: str) -> None:
    if "GET" in _methods(api, path):
        admin = api.auditor("admin@example.org", "Admin")
        answer = admin.get(f"{path}?limti=3")
        assert answer.status == 422
        assert [error["pointer"] for error in answer.json["errors"]] == ["/limti"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=1&limit=2", "limit=%C2%B2"]
)
def test_a_limit_is_a_whole_number_from_1_to_100(api: Api, query: str) -> None:
    assert api.get(f"{PROJECT}?{query}").status == 422


@pytest.mark.parametrize("path", ["/api/v1/projects", "/api/v1/technologies"])
@pytest.mark.parametrize(
    "cursor", ["", "x", "%00", "AAAA", "e30", "a" * 2000, "a" * 3000, "%F0%9F%98%80"]
)
def test_a_cursor_that_we_did_not_make_is_a_400(api: Api, path: str, cursor: str) -> None:
    assert api.get(f"{path}?cursor={cursor}").status == 400


def test_a_get_does_not_mind_its_content_type(api: Api) -> None:
    assert api.get(PROJECT, content_type="text/plain").status == 200


def test_a_trailing_slash_is_the_same_place(api: Api) -> None:
    assert api.get("/api/v1/radar/").status == 200


def test_the_index_leads_to_every_list(api: Api) -> None:
    links = api.get("/").json["links"]
    assert {"projects", "technologies", "radar", "health", "me"} <= links.keys()
    for name, path in links.items():
        assert api.get(path).status == (401 if name == "me" else 200)


def test_health_says_so(api: Api) -> None:
    assert api.get("/health").json["status"] == "ok"


def test_what_a_token_opens_is_not_cached(api: Api) -> None:
    assert api.auditor().get("/api/v1/me").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        {"a": ["\u0001"] * 20_000},
        {"a": {"k" * 100: {"k" * 100: {"k" * 100: ["\u0001"] * 5000}}}},
        {f"unknown {n}": n for n in range(10_000)},
        {"technologies": [7] * 40_000},
    ],
    ids=["flat", "nested", "unknown", "wrong"],
)
def test_an_answer_does_not_grow_with_what_is_wrong(client: Api, body: object) -> None:
    answer = client.auditor()("POST", PROJECT, body)
    assert answer.status == 422
    assert 1 <= len(answer.json["errors"]) <= 50
    assert len(answer.body) < 50_000


def test_nor_with_what_is_wrong_in_a_query(client: Api) -> None:
    query = "&".join(f"{n}=" for n in range(9_000))
    answer = client.get(f"{PROJECT}?{query}")
    assert answer.status == 422
    assert len(answer.body) < 50_000


def test_a_path_without_parameters_says_so(client: Api) -> None:
    assert client.get("/health?x=1").json["detail"] == (
        "/x: unknown query parameter: this path takes none"
    )


def test_the_wording_of_a_problem_is_for_callers(client: Api) -> None:
    def detail(body: bytes) -> str:
        text: str = client.auditor()("POST", PROJECT, body).json["detail"]
        return text

    assert detail(b"") == "The body is empty"
    assert detail(b'{"a":') == "The body is not JSON: Expecting value at line 1, column 6"
    assert "too long" in detail(b'{"version": ' + b"9" * 5000 + b"}")
    assert detail(b'{"name": "x", "hosting": 7}') == "/hosting: is not an object"
    assert detail(b'{"name": "x", "documentation": {}}') == "/documentation: is not a list"


def test_a_list_checks_its_parameters_before_it_looks_for_its_technology(client: Api) -> None:
    path = "/api/v1/technologies/none/projects"
    assert client.get(f"{path}?limit=0").status == 422
    assert client.get(f"{path}?cursor=x").status == 400
    assert client.get(path).status == 404


def test_answers_say_letters_as_they_are(api: Api, name: str) -> None:
    """UTF-8, so that an answer is no larger than what was sent."""
    told = f"{name} é \N{SNAKE}"
    made = api.auditor()("POST", PROJECT, {"name": told})
    path = made.headers["location"]
    changed = api.auditor()("PATCH", path, {"description": "ё"}, if_match=made.etag)
    for answer in (made, changed, api.get(path), api.get(f"{PROJECT}?q={name}".replace(" ", "+"))):
        assert told.encode() in answer.body
    refused = api.auditor()("POST", PROJECT, {"name": told, "ключ": 1})
    assert "/ключ".encode() in refused.body


def test_half_a_surrogate_pair_in_a_path_does_no_harm(client: Api) -> None:
    """UTF-8 cannot hold it, and Lambda could not send it."""
    context = {
        "httpMethod": "GET",
        "resourcePath": f"{PROJECT}/{{project_id}}",
        "path": f"{PROJECT}/\ud800",
        "requestId": "r-1",
    }
    event = {
        "requestContext": context,
        "headers": {},
        "pathParameters": {"project_id": "\ud800"},
        "multiValueQueryStringParameters": {"\udfff": ["1"]},
        "stageVariables": None,
        "body": None,
    }
    for query in (event["multiValueQueryStringParameters"], None):
        event["multiValueQueryStringParameters"] = query
        answer = create_app(client.settings)(event, None)
        problem = json.loads(answer["body"].encode())
        assert problem["instance"] == f"{PROJECT}/\ud800"
        assert answer["statusCode"] == (422 if query else 404)
