"""Idempotency-Key: a POST that is sent again is done once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import Api

BASE = "/api/v1/projects"


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
