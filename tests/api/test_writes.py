"""Rules for every write: If-Match, read-only members and valid texts."""

import json

import pytest

from tests.support.api import Answer, Api, P, T, public, uses

PROJECT, TECHNOLOGY, CONTACTS = f"{P}/some", f"{T}/some", f"{P}/some/contacts"
WRITES = [
    *((method, path) for path in (PROJECT, TECHNOLOGY) for method in ("PUT", "PATCH", "DELETE")),
    ("PUT", CONTACTS),
]
BODIES: dict[str, dict[str, object]] = {
    PROJECT: {"name": "Some"},
    TECHNOLOGY: {"name": "Some", "quadrant": "languages"},
    CONTACTS: {"contacts": [{"email": "auditor@example.org"}]},
}


@pytest.fixture
def some(client: Api) -> Api:
    """The API with one project and one technology."""
    client.project("Some")
    client.technology("Some", tags=["Data"])
    return client


def writer(api: Api, path: str) -> Api:
    return api.radar_admin() if path.startswith(T) else api.audit_admin()


def write(api: Api, method: str, path: str, tag: str | None = None) -> Answer:
    body = None if method == "DELETE" else BODIES[path]
    return writer(api, path)(method, path, body, {} if tag is None else {"If-Match": tag})


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_write_names_the_version_that_it_has_read(some: Api, method: str, path: str) -> None:
    without = write(some, method, path)
    assert without.status == 428
    assert "If-Match" in without.json["detail"]
    etag = writer(some, path).get(path).etag
    for tag in ('"7-00000000"', '"1-00000000"', 'W/"1-x"', f"W/{etag}", '"11"', '""'):
        assert (write(some, method, path, tag).status, tag) == (412, tag)
    garbled = (f"*, {etag}", f"{etag}, *", f"{etag}, x", f"x {etag}", f"{etag} {etag}", 'w/"1"')
    for tag in ("1", "nonsense", "", '"', ",", '"a b"', *garbled):
        answer = write(some, method, path, tag)
        assert (answer.status, tag) == (400, tag)
        assert "quoted" in answer.json["detail"]
    assert write(some, method, path, f'"7-x", {etag}').status in (200, 204)


def test_if_match_takes_a_list_and_a_star(api: Api, name: str) -> None:
    made = api.project(name)
    for tags in ('"7-x", {}', 'W/"a,b" ,, {},', "*"):
        tag = tags.format(api.get(made.location).etag)
        assert api.auditor()("PATCH", made.location, {}, if_match=tag).status == 200


def test_a_known_version_is_a_304_without_a_body(api: Api, name: str) -> None:
    made = api.project(name)
    for tag in (made.etag, f"W/{made.etag}", f'"x", {made.etag}', "*"):
        answer = api.get(made.location, if_none_match=tag)
        assert (answer.status, answer.body, answer.etag) == (304, b"", made.etag)
    assert api.get(made.location, if_none_match='"other"').status == 200


@pytest.mark.parametrize("spoil", ["*, {}", "{}, x", "x{}", "{} {}"])
def test_an_if_none_match_that_cannot_be_read_is_passed_over(
    api: Api, name: str, spoil: str
) -> None:
    made = api.project(name)
    tag = spoil.format(made.etag, made.etag)
    assert api.get(made.location, if_none_match=tag).status == 200
    assert api.get(made.location, if_none_match=made.etag.strip('"')).status == 200


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (PROJECT, {"description": "New"}),
        (TECHNOLOGY, {"description": "New", "tags": ["A", "B"]}),
        (CONTACTS, {}),
    ],
)
def test_what_was_read_can_be_edited_and_put_back(
    some: Api, path: str, change: dict[str, object]
) -> None:
    caller = writer(some, path)
    read = caller.get(path)
    edited = {**read.json, **change}
    put = caller("PUT", path, edited, if_match=read.etag)
    assert put.status == 200
    by = {name: put.json[name] for name in ("updated_at", "updated_by") if name in put.json}
    assert public(put.json) == {**edited, "version": 2, **by}
    again = caller.get(path)
    assert again.etag != read.etag
    assert (again.etag == put.etag) == (again.json == put.json)
    assert (
        "/version" in caller("PUT", path, edited, if_match="*").flaws
    )  # the version is a later one


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        *((path, "id", "another") for path in (PROJECT, TECHNOLOGY)),
        (PROJECT, "version", 7),
        (PROJECT, "version", True),
        (PROJECT, "created_at", "2020-01-01T00:00:00.000Z"),
        (PROJECT, "updated_at", None),
        (TECHNOLOGY, "moves", []),
        (TECHNOLOGY, "ring", "adopt"),
        (TECHNOLOGY, "project_count", 7),
        (TECHNOLOGY, "move_count", 7),
        (TECHNOLOGY, "created_at", "yesterday"),
        (TECHNOLOGY, "created_at", 7),
    ],
)
def test_a_read_only_member_cannot_be_changed(
    some: Api, method: str, path: str, field: str, value: object
) -> None:
    body = {**some.get(path).json, field: value}
    assert writer(some, path)(method, path, body, if_match="*").flaws == [f"/{field}"]


def test_times_may_come_back_in_another_spelling(some: Api) -> None:
    """A client that parses and formats a time may send +00:00 for Z. Another time is refused."""
    read = some.get(TECHNOLOGY).json
    spelled = json.loads(json.dumps(read).replace('Z"', '+00:00"'))
    assert spelled["moves"] != read["moves"]
    admin = some.radar_admin()
    put = admin("PUT", TECHNOLOGY, spelled, if_match="*")
    assert put.status == 200
    earlier = {**put.json, "created_at": spelled["created_at"].replace("20", "19", 1)}
    assert admin("PUT", TECHNOLOGY, earlier, if_match="*").flaws == ["/created_at"]


LINKS = (
    *("ftp://example.org", "https://", "https://..", "https://a..b", "javascript:alert(1)"),
    *("https://example.org/a b", "https://me:secret@example.org/", "https://[::1"),
    *("https://[:00::6EF]", "https://example.org:99999/", "https://example.org/" + "x" * 2048),
)
NO_NAMES = (
    *("", " \u2003 ", "\u200b\u2060", "\u202eeman", "n" * 201, "a\nb", "a\0b", "a\ud800b"),
    *(7, None),
)
NO_EMAILS = (
    *("no-address", "two@at@example.org", "a b@example.org", "a@b..org", "a@-.-", "a@example"),
    *(" a@example.org", "a@example.org ", "a\0@example.org", "a\u202e@example.org", "a@\ud800.org"),
    *("a\ud800@example.org", "a@" + "b" * 250 + ".org"),
)
ME = {"email": "auditor@example.org"}
BAD: list[tuple[str, str, object]] = [
    *((PROJECT, "/name", text) for text in NO_NAMES),
    (PROJECT, "/short_name", None),
    *((PROJECT, "/description", text) for text in ("d" * 5001, "\u0007")),
    *((PROJECT, pointer, "hunter2@example.org") for pointer in ("/stage", "/version")),
    *((PROJECT, "/development/type", said) for said in ({"company": "x"}, {"type": "by-magic"})),
    (PROJECT, "/hosting/types/0", {"types": ["moon"]}),
    (PROJECT, "/environments/0", ["test"]),
    (PROJECT, "/environments", "dev"),
    *((PROJECT, "/documentation/0", [link]) for link in LINKS),
    (PROJECT, "/repositories/0/type", [{"type": "svn", "url": ""}]),
    (PROJECT, "/technologies/0/category", [{"technology": "Go"}]),
    (PROJECT, "/technologies/0/technology", uses(" ")),
    (PROJECT, "/technologies/2", uses("C", "D", " c ")),
    (PROJECT, "/technologies", uses(*map(str, range(41)))),
    *((TECHNOLOGY, "/quadrant", said) for said in (None, "databases")),
    (TECHNOLOGY, "/ring", "throw-away"),
    (TECHNOLOGY, "/link", "#"),
    (TECHNOLOGY, "/aliases/0", [""]),
    (TECHNOLOGY, "/tags", "t"),
    (TECHNOLOGY, "/moves", []),
    (CONTACTS, "/contacts", []),
    (CONTACTS, "/contacts", None),
    (CONTACTS, "/contacts/0/email", [{}]),
    *((CONTACTS, "/contacts/0/email", [{"email": email}]) for email in NO_EMAILS),
    (CONTACTS, "/contacts", [ME, {"email": "AUDITOR@example.org"}]),
    (CONTACTS, "/contacts", [{"email": f"c{n}@example.org"} for n in range(21)]),
    (CONTACTS, "/contacts/0/phone", [{**ME, "phone": "1"}]),
]


@pytest.mark.parametrize(("path", "pointer", "value"), BAD)
def test_bad_input_is_a_422_that_points_at_it_without_repeating_it(
    some: Api, path: str, pointer: str, value: object
) -> None:
    body = {**BODIES[path], pointer.split("/")[1]: value}
    before = writer(some, path).get(path)
    for method, place in (("POST", path.removesuffix("/some")), ("PUT", path)):
        if place != CONTACTS or method == "PUT":
            answer = writer(some, path)(method, place, body, if_match="*")
            assert pointer in answer.flaws
            assert b"example.org" not in answer.body
    assert writer(some, path).get(path).json == before.json


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"foo": None}, "/foo"),
        ({"hosting": {"bogus": None}}, "/hosting/bogus"),
        ({"documentation": [None]}, "/documentation/0"),
        ({"stage": 7}, "/stage"),
        ({"name": None}, "/name"),
    ],
)
def test_a_patch_is_checked_field_by_field(some: Api, patch: object, pointer: str) -> None:
    assert some.auditor()("PATCH", PROJECT, patch, if_match="*").flaws == [pointer]
    assert some.get(PROJECT).json["version"] == 1


def test_a_technology_needs_a_quadrant(client: Api) -> None:
    assert client.reviewer()("POST", T, {"name": "x"}).flaws == ["/quadrant"]


def test_what_is_not_there_is_a_404_before_if_match_counts_and_after_the_body(api: Api) -> None:
    for each in ("none", "N%20ne", "%E2%82%AC"):
        told = api.get(f"{P}/{each}").json["detail"]
        assert told == f"There is no project with this id: GET {P} lists them"
        assert api.auditor().get(f"{P}/{each}/contacts").status == 404
        assert api.auditor()("PATCH", f"{P}/{each}", {"stage": None}).status == 404
        for tail in ("", "/moves", "/projects"):
            told = api.get(f"{T}/{each}{tail}").json["detail"]
            assert told == f"There is no technology with this id: GET {T} lists them"
    assert api.auditor()("PATCH", f"{P}/none", {"stage": 3}).status == 422
