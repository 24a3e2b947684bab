"""Idempotency-Key: a POST that is sent again is done once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chalice.app import Request, Response

from chalicelib.errors import ConflictError, ReceiptMismatchError
from chalicelib.models.caller import TECH_AUDIT_TOOL, Caller
from chalicelib.models.project import Project
from chalicelib.routes.idempotency import Idempotency
from chalicelib.stores.port import Receipt, ReceiptFor
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite.receipts import SqliteReceipts
from tests.support import Api

BASE = "/api/v1/projects"
ME = Caller(TECH_AUDIT_TOOL, "me@example.org")


def test_the_same_key_and_body_give_the_first_answer_again(api: Api, name: str) -> None:
    body = {"name": name, "technologies": [{"technology": name, "category": "cicd"}]}
    first = api.auditor()("POST", BASE, body, idempotency_key=name.replace(" ", "-"))
    changed = api.auditor()("PATCH", first.headers["location"], {"stage": None}, if_match="*")
    assert changed.status == 200
    reordered = dict(reversed(body.items()))
    again = api.auditor()("POST", BASE, reordered, idempotency_key=name.replace(" ", "-"))
    assert (again.status, again.body, again.etag) == (first.status, first.body, first.etag)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_another_body_under_the_key_is_a_422(api: Api, name: str) -> None:
    key = name.replace(" ", "-")
    api.auditor()("POST", BASE, {"name": name}, idempotency_key=key)
    answer = api.auditor()("POST", BASE, {"name": f"{name} 2"}, idempotency_key=key)
    assert answer.status == 422
    assert answer.json["type"].endswith(":idempotency-key-reused")


def test_a_key_is_its_callers_own_and_for_one_path(api: Api, name: str) -> None:
    key = name.replace(" ", "-")
    assert api.auditor()("POST", BASE, {"name": name}, idempotency_key=key).status == 201
    other = api.auditor("other@example.org")
    assert other("POST", BASE, {"name": f"{name} 2"}, idempotency_key=key).status == 201
    body = {"name": name, "quadrant": "languages"}
    technologies = "/api/v1/technologies"
    assert api.reviewer()("POST", technologies, body, idempotency_key=key).status == 201


def test_a_move_sent_twice_is_made_once(api: Api, name: str) -> None:
    technologies = "/api/v1/technologies"
    body = {"name": name, "quadrant": "languages"}
    path = api.reviewer()("POST", technologies, body).headers["location"]
    for _ in range(2):
        moved = api.reviewer()(
            "POST", f"{path}/moves", {"ring": "adopt"}, idempotency_key=name.replace(" ", "-")
        )
        assert moved.status == 201
    assert len(api.get(path).json["moves"]) == 2


def test_a_refusal_is_not_remembered(api: Api, name: str) -> None:
    key = name.replace(" ", "-")
    made = api.auditor()("POST", BASE, {"name": name})
    body = {"name": name.upper()}
    assert api.auditor()("POST", BASE, body, idempotency_key=key).status == 409
    api.audit_admin()("DELETE", made.headers["location"], if_match="*")
    assert api.auditor()("POST", BASE, body, idempotency_key=key).status == 201


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "schlüssel".encode().decode("latin-1")])
def test_a_malformed_key_is_a_400(api: Api, name: str, key: str) -> None:
    assert api.auditor()("POST", BASE, {"name": name}, idempotency_key=key).status == 400


def test_a_body_sent_twice_at_once_is_done_once(server: Api, name: str) -> None:
    sender = server.auditor()
    for n in range(10):
        body = {"name": f"{name} {n}"}
        with ThreadPoolExecutor(4) as pool:
            key = f"{name}-{n}".replace(" ", "-")
            answers = list(
                pool.map(lambda _: sender("POST", BASE, body, idempotency_key=key), range(4))  # noqa: B023
            )
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1


def test_a_caller_is_the_same_whatever_the_case_of_the_address(client: Api, name: str) -> None:
    answers = [
        client.auditor(email)("POST", BASE, {"name": name}, idempotency_key="k")
        for email in ("me@example.org", "ME@EXAMPLE.org")
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body == answers[1].body


def test_a_request_that_is_repeated_makes_nothing_whatever_has_changed(
    client: Api, name: str
) -> None:
    body = {"name": name, "technologies": [{"technology": "New", "category": "cicd"}]}
    first = client.auditor()("POST", BASE, body, idempotency_key="k")
    assert client.audit_admin()("DELETE", first.headers["location"], if_match="*").status == 204
    technology = "/api/v1/technologies/new"
    assert client.radar_admin()("DELETE", technology, if_match="*").status == 204
    again = client.auditor()("POST", BASE, body, idempotency_key="k")
    assert (again.status, again.body) == (201, first.body)
    assert client.get(first.headers["location"]).status == 404
    assert client.get(technology).status == 404
    other = {**body, "technologies": [{"technology": "Newer", "category": "cicd"}]}
    assert client.auditor()("POST", BASE, other, idempotency_key="k").status == 422
    assert client.get("/api/v1/technologies").json["items"] == []


def test_a_move_that_is_repeated_is_answered_after_the_technology_is_gone(client: Api) -> None:
    path = "/api/v1/technologies/zig"
    body = {"name": "Zig", "quadrant": "languages"}
    client.reviewer()("POST", "/api/v1/technologies", body)
    first = client.reviewer()("POST", f"{path}/moves", {"ring": "hold"}, idempotency_key="k")
    assert client.radar_admin()("DELETE", path, if_match="*").status == 204
    again = client.reviewer()("POST", f"{path}/moves", {"ring": "hold"}, idempotency_key="k")
    assert (again.status, again.body) == (201, first.body)


class Counted(SqliteReceipts):
    """Counts how often a receipt was looked for."""

    looks = 0

    def get(self, key: str, now: str) -> Receipt | None:
        self.looks += 1
        return super().get(key, now)


class Desk:
    """Sends POSTs of a project with a key; knows what was made and said."""

    def __init__(self) -> None:
        self.store = SqliteStore(Path(":memory:"))
        self.receipts = Counted(self.store.database)
        self.said: list[str] = []
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.refusal: Exception | None = None

    def post(self, name: str = "Zoë") -> Response:
        idempotency = Idempotency(self.receipts, lambda: self.now)
        headers = {"idempotency-key": "k", "content-type": "application/json"}
        event = {
            "requestContext": {"httpMethod": "POST", "resourcePath": BASE},
            "headers": headers,
            "pathParameters": None,
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "body": "",
            "isBase64Encoded": False,
        }
        make = self.make(name)
        return idempotency.answer(Request(event, None), ME, {"name": name}, make, self.respond)

    def make(self, name: str) -> Callable[[ReceiptFor[Project]], Project]:
        def make(receipt: ReceiptFor[Project]) -> Project:
            if self.refusal:
                raise self.refusal
            made = Project(name, id="zoe", updated_at=self.now.isoformat())
            self.store.projects.add(made, receipt(made))
            return made

        return make

    def respond(self, project: Project) -> Response:
        self.said.append(project.name)
        return Response(json.dumps(project.name, ensure_ascii=False), {"ETag": "1"}, 201)


def test_the_answer_is_made_once_and_a_receipt_is_only_looked_for_after_a_refusal() -> None:
    desk = Desk()
    first = desk.post()
    assert (desk.said, desk.receipts.looks) == (["Zoë"], 0)
    again = desk.post()
    assert (again.body, again.headers, again.status_code) == ('"Zoë"', {"ETag": "1"}, 201)
    assert again.to_dict() == first.to_dict()
    assert desk.receipts.looks == 1


def test_whatever_the_refusal_says_the_first_answer_is_given() -> None:
    desk = Desk()
    desk.refusal = ConflictError("Not now")
    with pytest.raises(ConflictError, match="Not now"):
        desk.post()
    desk.refusal = None
    desk.post()
    desk.refusal = ConflictError("Not now")
    assert desk.post().status_code == 201
    with pytest.raises(ReceiptMismatchError):
        desk.post("Another")


def test_a_receipt_holds_what_was_said_letter_by_letter() -> None:
    desk = Desk()
    desk.post()
    with desk.store.database.read() as connection:
        ((answer,),) = connection.execute("SELECT answer FROM receipts").fetchall()
    assert "Zoë" in answer


def test_a_receipt_that_expires_between_the_refusal_and_the_look_is_forgotten() -> None:
    desk = Desk()
    desk.post()
    before = desk.store.projects.get("zoe")
    assert before
    desk.store.projects.remove(before)
    looked = Expiring(desk)
    looked.post()
    assert desk.said == ["Zoë"] * 3  # the second was refused


class Expiring(Desk):
    """A day passes while a receipt is looked for."""

    def __init__(self, desk: Desk) -> None:
        self.__dict__ = desk.__dict__
        self.receipts = Late(self)


class Late(Counted):
    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.store.database)
        self.desk = desk

    def get(self, key: str, now: str) -> Receipt | None:
        self.desk.now += timedelta(days=2)
        return super().get(key, max(now, self.desk.now.isoformat()))
