"""Idempotency-Key: a POST that is sent again runs once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chalice.app import Request, Response

from chalicelib.models.caller import TECH_AUDIT_TOOL, Caller
from chalicelib.models.project import Project
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.requests import Call
from chalicelib.stores.port import Receipt, ReceiptFor
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite.receipts import SqliteReceipts
from tests.support.api import Answer, Api, P, T, event, uses

ME = Caller(TECH_AUDIT_TOOL, "me@example.org")


def post(caller: Api, body: object, path: str = P, key: str = "k") -> Answer:
    return caller("POST", path, body, idempotency_key=key)


def test_the_same_key_and_body_give_the_first_answer_again(api: Api, name: str) -> None:
    body, key = {"name": name, "technologies": uses(name)}, name.replace(" ", "-")
    first = post(api.auditor(), body, key=key)
    changed = api.auditor()("PATCH", first.location, {"stage": "development"}, if_match="*")
    assert changed.status == 200
    again = post(api.auditor("AUDITOR@example.org"), dict(reversed(body.items())), key=key)
    assert (again.status, again.body, again.etag) == (201, first.body, first.etag)
    assert again.location == first.location
    assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_a_key_is_its_callers_own_and_for_one_path(client: Api) -> None:
    go = {"name": "Go", "quadrant": "languages"}
    assert post(client.auditor(), {"name": "One"}).status == 201
    assert post(client.auditor("other@example.org"), {"name": "Two"}).status == 201
    assert post(client.reviewer(), go, T).status == 201
    assert post(client.reviewer(), {"ring": "hold"}, f"{T}/go/moves").status == 201


def test_a_refusal_is_not_remembered(client: Api) -> None:
    made = client.project("Census")
    assert post(client.auditor(), {"name": "CENSUS"}).status == 409
    client.audit_admin()("DELETE", made.location, if_match="*")
    assert post(client.auditor(), {"name": "CENSUS"}).status == 201


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "schlüssel".encode().decode("latin-1")])
def test_a_malformed_key_is_a_400(api: Api, name: str, key: str) -> None:
    assert post(api.auditor(), {"name": name}, key=key).status == 400


def test_a_body_sent_twice_at_once_is_done_once(server: Api, name: str) -> None:
    sender = server.auditor()
    for n in range(10):
        sent = ({"name": f"{name} {n}"}, P, f"{name}-{n}".replace(" ", "-"))
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(post, *zip(*[(sender, *sent)] * 4, strict=True)))
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1


def test_a_request_that_is_repeated_makes_nothing_whatever_has_changed(client: Api) -> None:
    body = {"name": "Census", "technologies": uses("New")}
    first = post(client.auditor(), body)
    assert client.audit_admin()("DELETE", first.location, if_match="*").status == 204
    assert client.radar_admin()("DELETE", f"{T}/new", if_match="*").status == 204
    again = post(client.auditor(), body)
    assert (again.status, again.body) == (201, first.body)
    assert post(client.auditor(), {**body, "technologies": uses("Newer")}).status == 422
    assert client.get(first.location).status == 404
    assert client.get(T).json["items"] == []


def test_a_move_sent_again_is_made_once_and_answered_when_its_technology_is_gone(
    client: Api,
) -> None:
    path = client.technology("Zig").location
    answers = [post(client.reviewer(), {"ring": "hold"}, f"{path}/moves") for _ in range(2)]
    assert client.get(path).json["move_count"] == 2
    assert client.radar_admin()("DELETE", path, if_match="*").status == 204
    answers.append(post(client.reviewer(), {"ring": "hold"}, f"{path}/moves"))
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}


class Desk(SqliteReceipts):
    """Sends POSTs of a project with a key. `said` has all new answers, `looks` counts reads."""

    def __init__(self) -> None:
        self.store = SqliteStore(Path(":memory:"))
        super().__init__(self.store.database)
        self.said: list[str] = []
        self.looks = 0
        self.a_look_takes = timedelta()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def get(self, key: str, now: str) -> Receipt | None:
        self.looks += 1
        self.now += self.a_look_takes
        return super().get(key, max(now, self.now.isoformat()))

    def post(self, name: str = "Zoë") -> Response:
        def make(receipt: ReceiptFor[Project]) -> Project:
            made = Project(name, id="zoe", updated_at=self.now.isoformat())
            self.store.projects.add(made, receipt(made))
            return made

        request = Request(event("POST", P, headers={"idempotency-key": "k"}), None)
        idempotency = Idempotency(self, lambda: self.now)
        return idempotency.answer(Call(request, {}, {}, ME), {"name": name}, make, self.respond)

    def respond(self, project: Project) -> Response:
        self.said.append(project.name)
        return Response(json.dumps(project.name, ensure_ascii=False), {"ETag": "1"}, 201)


def test_the_answer_is_made_once_and_a_receipt_is_only_looked_for_after_a_refusal() -> None:
    desk = Desk()
    first = desk.post()
    assert (desk.said, desk.looks) == (["Zoë"], 0)
    again = desk.post()
    assert (again.body, again.headers, again.status_code) == ('"Zoë"', {"ETag": "1"}, 201)
    assert again.to_dict() == first.to_dict()
    assert desk.looks == 1


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
    desk.a_look_takes = timedelta(days=2)
    desk.post()
    assert desk.said == ["Zoë"] * 3  # the second was refused
