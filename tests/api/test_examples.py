"""Each example request of the contract gets the answer that the contract shows."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.test_telemetry import spoil
from tests.support.api import Answer, Api, P, T
from tests.support.contract_check import contract
from tools.openapi.examples import AT, BEFORE, EMAIL, REQUESTS, TIME, split

SDX = "Survey Data Exchange"


def by_operation() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """The path, the method and the operation of the contract, by the operation's id."""
    return {
        operation["operationId"]: (path, method.upper(), operation)
        for path, methods in contract()["paths"].items()
        for method, operation in methods.items()
    }


def test_a_life_in_examples_is_answered_as_the_contract_shows(client: Api) -> None:
    for request in (*BEFORE, *REQUESTS):
        path, method, said = by_operation()[request.operation]
        service, *groups = request.caller or ("",)
        caller = client.as_user(service, EMAIL, *groups) if service else client
        if request in BEFORE:
            assert caller(method, *split(path, request.values)[:1], request.body).status == 201
            continue
        for media in said.get("requestBody", {}).get("content", {}).values():
            assert media["example"] == request.body
        target, headers = split(path, request.values)
        answer = caller(method, target, request.body, headers)
        shown = said["responses"][str(answer.status)]  # a success, because every problem has a $ref
        assert "$ref" not in shown, answer.body
        if "content" in shown:
            assert plain(answer) == shown["content"]["application/json"]["example"]


def plain(answer: Answer) -> Any:
    return json.loads(TIME.sub(AT, answer.body.decode()))


def overtaken(api: Api) -> Answer:
    tag = api.project(SDX).etag
    path = f"{P}/survey-data-exchange"
    api.auditor()("PATCH", path, {"stage": "development"}, if_match=tag)
    return api.auditor()("PATCH", path, {"stage": "unsupported"}, if_match=tag)


def used_by_three(api: Api) -> Answer:
    path = api.technology("Python").location
    for n in range(3):
        api.project(f"User {n}", "python")
    return api.radar_admin()("DELETE", path, if_match="*")


def reused(api: Api) -> Answer:
    bodies = ({"name": SDX}, {"name": "Another"})
    return [api.auditor()("POST", P, body, idempotency_key="one") for body in bodies][-1]


def used_up(api: Api) -> Answer:
    tools = ([f"Tool {n} {m}" for m in range(10)] for n in range(6))
    return [api.project(f"User {n}", *each) for n, each in enumerate(tools)][-1]


def without_a_store(api: Api) -> Answer:
    spoil(api, "DROP TABLE meta")
    return api.get("/health")


def with_a_spoiled_store(api: Api) -> Answer:
    path = api.project(SDX).location
    spoil(api, "UPDATE projects SET document = 'no JSON'")
    return api.get(path)


PROVOKED: dict[str, Callable[[Api], Answer]] = {
    "malformed": lambda api: api.auditor()("POST", P, []),
    "unauthenticated": lambda api: api.get("/api/v1/me"),
    "forbidden": lambda api: api.auditor()("POST", T, {"name": "Python"}),
    "not-found": lambda api: api.get(f"{P}/survey-data-exchange"),
    "name-taken": lambda api: [api.project(SDX) for _ in range(2)][-1],
    "in-use": used_by_three,
    "version-mismatch": overtaken,
    "payload-too-large": lambda api: api("POST", P, b" " * 300_000),
    "unsupported-media-type": lambda api: api("POST", P, b"", {"Content-Type": "text/plain"}),
    "invalid": lambda api: api.get(f"{P}?limit=0"),
    "idempotency-key-reused": reused,
    "precondition-required": lambda api: api.auditor()("PATCH", api.project(SDX).location, {}),
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
    own = ("instance", "request_id")  # differ in each request
    said = {member: value for member, value in answer.json.items() if member not in own}
    assert said in [{k: v for k, v in one.items() if k not in own} for one in shown]
