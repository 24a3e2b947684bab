"""The contract's examples, sent: each is answered as the contract shows it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from openapi.recording import AT, TIME, row, split
from openapi.requests import EMAIL, REQUESTS
from tests.api.test_trouble import spoil
from tests.contract_check import contract
from tests.support import Answer, Api

P = "/api/v1/projects"
T = "/api/v1/technologies"
SDX = {"name": "Survey Data Exchange"}
PYTHON = {"name": "Python", "quadrant": "languages"}


def in_the_contract(operation_id: str) -> dict[str, Any]:
    (method, path), _ = row(operation_id)
    found: dict[str, Any] = contract()["paths"][path][method.lower()]
    return found


def test_a_life_in_examples_is_answered_as_the_contract_shows(client: Api) -> None:
    for request in REQUESTS:
        (method, path), operation = row(request.operation)
        caller = (
            client.as_user(request.caller[0], EMAIL, *request.caller[1:])
            if request.caller
            else client
        )
        said = in_the_contract(request.operation)
        content = said.get("requestBody", {}).get("content", {"application/json": {}})
        for media in content.values():
            assert media.get("example") == request.body
        target, headers = split(path, request.values)
        answer = caller(method, target, request.body, headers)
        assert answer.status == operation.status, answer.body
        shown = said["responses"][str(operation.status)].get("content", {})
        if shown:
            assert plain(answer) == shown["application/json"]["example"]


def plain(answer: Answer) -> Any:
    return json.loads(TIME.sub(AT, answer.body.decode()))


def used_by_three(api: Api) -> Answer:
    api.reviewer()("POST", T, PYTHON)
    uses = [{"technology": "python", "category": "languages"}]
    for n in range(3):
        api.auditor()("POST", P, {"name": f"User {n}", "technologies": uses})
    return api.radar_admin()("DELETE", f"{T}/python", if_match="*")


def taken(api: Api) -> Answer:
    api.auditor()("POST", P, SDX)
    return api.auditor()("POST", P, SDX)


def reused(api: Api) -> Answer:
    api.auditor()("POST", P, SDX, idempotency_key="one")
    return api.auditor()("POST", P, {"name": "Another"}, idempotency_key="one")


def overtaken(api: Api) -> Answer:
    tag = api.auditor()("POST", P, SDX).etag
    path = f"{P}/survey-data-exchange"
    api.auditor()("PATCH", path, {"stage": "development"}, if_match=tag)
    return api.auditor()("PATCH", path, {"stage": "unsupported"}, if_match=tag)


def unguarded(api: Api) -> Answer:
    api.auditor()("POST", P, SDX)
    return api.auditor()("PATCH", f"{P}/survey-data-exchange", {})


def used_up(api: Api) -> Answer:
    for n in range(6):
        names = [f"Tool {n} {m}" for m in range(10)]
        uses = [{"technology": each, "category": "languages"} for each in names]
        answer = api.auditor()("POST", P, {"name": f"User {n}", "technologies": uses})
    return answer


def without_a_store(api: Api) -> Answer:
    spoil(api, "DROP TABLE meta")
    return api.get("/health")


def with_a_spoiled_store(api: Api) -> Answer:
    api.auditor()("POST", P, SDX)
    spoil(api, "UPDATE projects SET document = 'no JSON'")
    return api.get(f"{P}/survey-data-exchange")


PROVOKED: dict[str, Callable[[Api], Answer]] = {
    "malformed": lambda api: api.auditor()("POST", P, []),
    "unauthenticated": lambda api: api.get("/api/v1/me"),
    "forbidden": lambda api: api.auditor()("POST", T, PYTHON),
    "not-found": lambda api: api.get(f"{P}/survey-data-exchange"),
    "name-taken": taken,
    "in-use": used_by_three,
    "version-mismatch": overtaken,
    "payload-too-large": lambda api: api("POST", P, b" " * 300_000),
    "unsupported-media-type": lambda api: api("POST", P, b"", {"Content-Type": "text/plain"}),
    "invalid": lambda api: api.get(f"{P}?limit=0"),
    "idempotency-key-reused": reused,
    "precondition-required": unguarded,
    "quota-exceeded": used_up,
    "unavailable": without_a_store,
    "internal": with_a_spoiled_store,
}


@pytest.mark.parametrize("name", PROVOKED)
def test_each_problem_that_the_contract_shows_can_be_provoked(client: Api, name: str) -> None:
    answer = PROVOKED[name](client)
    shown = [
        example["value"]
        for response in contract()["components"]["responses"].values()
        for media in response.get("content", {}).values()
        for key, example in media["examples"].items()
        if key.startswith(f"application-{name}-")
    ]
    own = ("instance", "request_id")  # of each request
    said = {member: value for member, value in answer.json.items() if member not in own}
    assert said in [{k: v for k, v in one.items() if k not in own} for one in shown]
