"""The look whether a deployment answers: what counts as an answer, and what does not."""

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody

from ops.apis import DeployError
from ops.smoke import TRIES, invoke, request
from tests.support.scripted_server import Serve
from tests.support.stubbed_aws import StubbedAws

FIREWALL = b'{"type": "urn:landscape-api:problem:not-listed", "status": 403}'
OUR_OWN = b'{"type": "urn:landscape-api:problem:forbidden", "status": 403}'
OK, GATEWAYS = (200, b"{}"), (403, b'{"message": "Forbidden"}')
UNSIGNED = (404, b"{}")  # under /iam, which is asked after a 200


def ask(serve: Serve, *answers: tuple[int, bytes]) -> tuple[str, int]:
    """What is said of an API that gives these answers, and how often it was waited for."""
    head = "HTTP/1.1 {} said\r\nConnection: close\r\nContent-Length: {}\r\n\r\n"
    scripts = [[head.format(status, len(body)).encode() + body] for status, body in answers]
    pauses: list[float] = []
    said = request(f"http://127.0.0.1:{serve(*scripts).port}/dev", pauses.append)
    return said, len(pauses)


def test_its_own_200_and_the_firewalls_403_are_told_apart(serve: Serve) -> None:
    assert "answers 200: whoever may reach it is let in" in ask(serve, OK, UNSIGNED)[0]
    assert "firewall" in ask(serve, (403, FIREWALL))[0]


@pytest.mark.parametrize(
    "answer",
    [GATEWAYS, (403, OUR_OWN), (403, b"[1]"), (404, FIREWALL), (502, b""), (201, b"{}")],
)
def test_anything_else_stops_the_deploy(serve: Serve, answer: tuple[int, bytes]) -> None:
    with pytest.raises(DeployError, match=str(answer[0])):
        ask(serve, *[answer] * TRIES)


def test_an_api_that_answers_under_iam_without_a_signature_stops_the_deploy(serve: Serve) -> None:
    with pytest.raises(DeployError, match="/dev/iam/health answers 200 without a signature"):
        ask(serve, OK, OK)


def test_an_api_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(DeployError, match="cannot be reached"):
        request("http://127.0.0.1:1", lambda _: None)


def test_what_was_just_deployed_is_given_time(serve: Serve) -> None:
    said, pauses = ask(serve, *[GATEWAYS] * 3, OK, UNSIGNED)
    assert "answers 200" in said
    assert pauses == 3


def invoked(payload: Any, **more: Any) -> str:
    raw = json.dumps(payload).encode()
    body = StreamingBody(io.BytesIO(raw), len(raw))
    with StubbedAws("lambda") as aws:
        aws.answers("invoke", {"StatusCode": 200, "Payload": body, **more})
        return invoke(aws.clients[0], "landscape-api-dev", {})


@pytest.mark.parametrize(
    ("payload", "more", "told"),
    [
        ({"errorMessage": "no"}, {"FunctionError": "Unhandled"}, "/aws/lambda/landscape-api-dev"),
        (None, {}, "fails"),
        ({"statusCode": 503, "body": "why"}, {}, "answers 503"),
    ],
)
def test_only_a_lambda_that_answers_200_goes_on(
    payload: Any, more: dict[str, Any], told: str
) -> None:
    assert invoked({"statusCode": 200}) == "the Lambda landscape-api-dev answers 200"
    with pytest.raises(DeployError, match=told):
        invoked(payload, **more)
