"""Rules for every route: problems, request ids, CORS, the order of checks, HTTP's own errors."""

import gzip
import json
from collections.abc import Mapping

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.routes.contract import page_names
from tests.api.test_routes import HEADS, TABLE, concrete
from tests.support.api import ORIGIN, Answer, Api, P, event

PATHS = sorted({concrete(path) for path, *_ in TABLE})
METHODS = {path: {m for p, m, *_ in TABLE | HEADS if concrete(p) == path} for path in PATHS}
PUBLIC = [path for path in PATHS if "HEAD" in METHODS[path]]
OPEN = [path for path in PATHS if "/api/" not in path]  # they ignore unknown parameters
WRITES = sorted((m, path) for path in PATHS for m in METHODS[path] & {"POST", "PUT", "PATCH"})


def test_a_problem_says_what_where_and_which_request(api: Api) -> None:
    answer = api.get(f"{P}/no-such-project")
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json == {
        "type": "urn:landscape-api:problem:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no project with this id: GET /api/v1/projects lists them",
        "instance": f"{P}/no-such-project",
        "request_id": answer.headers["x-request-id"],
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_listed_origin_is_echoed_on_every_path_errors_too(api: Api, path: str) -> None:
    for method in ("GET", "DELETE", "OPTIONS"):
        answer = api(method, path, origin=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "ETag" in answer.headers["access-control-expose-headers"]
        has_two_types = method == "GET" and path in ("/", "/api/v1/radar")
        assert answer.headers["vary"] == ("Origin, Accept" if has_two_types else "Origin")
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
    assert set(answer.headers["access-control-allow-headers"].split(", ")) == {
        *("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"),
        *("X-Request-Id", "X-Amzn-Trace-Id", "X-Requested-With"),
        *("traceparent", "tracestate", "baggage", "sentry-trace"),  # added by tracers in browsers
    }
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
    coded = api(method, path, b"x" * 300_000, {"Content-Encoding": "gzip"}, origin=ORIGIN)
    assert (coded.status, coded.json["type"]) == (415, answer.json["type"])
    assert coded.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize(
    "coding", ["gzip", "br", "GZIP", "gzip, identity", "x-unheard-of", "utf-8"]
)
def test_a_body_in_another_coding_is_a_415_that_says_to_send_it_plain(
    api: Api, coding: str
) -> None:
    body = gzip.compress(b'{"name": "Compressed"}')
    answer = api.auditor()("POST", P, body, content_encoding=coding)
    assert answer.status == 415
    assert (
        answer.json["detail"]
        == "The body has a Content-Encoding: send it uncompressed, without this header"
    )


@pytest.mark.parametrize("coding", ["identity", " Identity ", ""])
def test_a_body_in_no_coding_may_say_so(api: Api, name: str, coding: str) -> None:
    assert api.auditor()("POST", P, {"name": name}, content_encoding=coding).status == 201


def test_a_byte_order_mark_before_the_json_is_passed_over(api: Api, name: str) -> None:
    mark, caller = b"\xef\xbb\xbf", api.auditor()
    made = caller("POST", P, mark + json.dumps({"name": name}).encode())
    assert (made.status, made.json["name"]) == (201, name)
    merge = {"Content-Type": "application/merge-patch+json", "If-Match": made.etag}
    patched = caller("PATCH", made.location, mark + b'{"programme": "Marked"}', merge)
    assert (patched.status, patched.json["programme"]) == (200, "Marked")
    twice = caller("POST", P, mark * 2 + b"{}")
    assert (twice.status, twice.json["type"]) == (400, "urn:landscape-api:problem:malformed")
    told = "The body is not JSON: Unexpected UTF-8 BOM at line 1, column 1"
    assert twice.json["detail"] == told


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'"text"', b'{"name": NaN}', b'{"name": Infinity}'),
        *(b'{"name": "a", "name": "b"}', b'{"hosting": {"types": [], "types": []}}'),
        *(b'{"name": "\xff"}', b"\xef\xbb\xbf", "{}".encode("utf-16")),
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
        (b"", "The body is empty: send a JSON object"),
        (b'{"a":', "The body is not JSON: Expecting value at line 1, column 6"),
        (
            b'{"version": ' + b"9" * 5000 + b"}",
            "The body is not JSON: a number has too many digits",
        ),
        (b'{"name": "x", "hosting": 7}', "/hosting: must be an object"),
        (b'{"name": "x", "documentation": {}}', "/documentation: must be a list"),
        (
            b'{"name": "x", "hosting": {"typ/es~": []}}',
            "/hosting/typ~1es~0: unknown field: remove it",
        ),
    ],
)
def test_the_wording_of_a_problem_is_for_callers(client: Api, body: bytes, detail: str) -> None:
    answer = client.auditor()("POST", P, body)
    assert answer.json["detail"] == detail
    assert answer.status == 400 or answer.flaws == [detail.partition(":")[0]]


@pytest.mark.parametrize("path", sorted({p for p in PATHS if "GET" in METHODS[p]} - set(OPEN)))
def test_an_unknown_query_parameter_is_refused_in_the_register(api: Api, path: str) -> None:
    assert api.audit_admin().get(f"{path}?limti=3").flaws == ["/limti"]


@pytest.mark.parametrize("path", OPEN)
def test_elsewhere_any_query_is_passed_over(api: Api, path: str) -> None:
    path = path.replace("some", page_names()["page.css"])
    plain, tracked = api.get(path), api.get(f"{path}?utm_source=mail&_=17&_=18&code=%00&x")
    assert (tracked.status, tracked.body) == (200, plain.body)


def test_a_path_without_parameters_says_so(client: Api) -> None:
    told = client.get("/api/v1/directorates?x=1").json["detail"]
    assert told == "/x: unknown query parameter: remove it"


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
    """As UTF-8, so that an answer is not larger than the request."""
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
    """UTF-8 cannot encode it, and Lambda could not send it."""
    where, path = {"project_id": "\ud800"}, f"{P}/\ud800"
    asked = event("GET", f"{P}/{{project_id}}", path, query, pathParameters=where)
    asked["requestContext"]["requestId"] = "r-1"
    answer = create_app(client.settings)(asked, None)
    assert (answer["statusCode"], answer["headers"]["X-Request-Id"]) == (status, "r-1")
    assert json.loads(answer["body"].encode())["instance"] == path


def without_own(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without those of the server's body and of a single request."""
    own = ("x-request-id", "date", "content-length")
    return {name: value for name, value in headers.items() if name not in own}


def both(api: Api, path: str, headers: Mapping[str, str] | None = None) -> tuple[Answer, Answer]:
    """The answers to GET and HEAD. Asserts that they differ in the body only."""
    read, head = (api(method, path, None, headers, origin=ORIGIN) for method in ("GET", "HEAD"))
    assert (head.status, head.body) == (read.status, b"")
    assert without_own(head.headers) == without_own(read.headers)
    return read, head


@pytest.mark.parametrize("path", PUBLIC)
def test_head_is_get_without_the_body(api: Api, path: str) -> None:
    """For a resource that exists, for an unknown one, and with an unknown parameter."""
    api.project("Some", "Some")
    path = path.replace("/docs/some", f"/docs/{page_names()['page.css']}")
    read, _ = both(api, path)
    assert read.status == 200
    both(api, path.replace("some", "no-such-thing"))
    both(api, f"{path}?limti=3")
    if "etag" in read.headers:
        known, _ = both(api, path, {"If-None-Match": read.etag})
        assert known.status == 304


def test_head_of_a_list_has_the_link_to_the_next_page(client: Api) -> None:
    for number in range(2):
        client.project(f"Project {number}")
    assert 'rel="next"' in client("HEAD", f"{P}?limit=1").headers["link"]


EXTENDED = "JKJaXmPLvHcESHA="


def ids_told(api: Api, **ids: str) -> tuple[str, str | None]:
    """The request ids of a problem, for the gateway's `ids`. The header has the first too."""
    asked = event("GET", f"{P}/{{project_id}}", f"{P}/x", pathParameters={"project_id": "x"})
    asked["requestContext"] |= ids
    answer = create_app(api.settings)(asked, None)
    problem = json.loads(answer["body"])
    assert answer["headers"]["X-Request-Id"] == problem["request_id"]
    return problem["request_id"], problem.get("extended_request_id")


def test_a_problem_has_the_gateways_extended_id_where_there_is_one(client: Api) -> None:
    """A caller can set the requestId, but not the extendedRequestId."""
    assert ids_told(client, requestId="r-1", extendedRequestId=EXTENDED) == ("r-1", EXTENDED)
    assert ids_told(client, requestId="r-1") == ("r-1", None)


@pytest.mark.parametrize("chosen", ["a\nSet-Cookie: x", "a\n", "a b", "é", '"', "x" * 129, ""])
def test_an_id_that_could_do_harm_gives_way_to_another(client: Api, chosen: str) -> None:
    told = ids_told(client, requestId=chosen, extendedRequestId=EXTENDED)
    assert told == (EXTENDED, EXTENDED)
    made, extended = ids_told(client, requestId=chosen, extendedRequestId=chosen)
    assert (len(made), extended) == (36, None)
