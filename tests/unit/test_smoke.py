"""The smoke check of a deployment: the answers that it accepts, and those that it refuses."""

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody

from ops.apis import DeployError
from ops.smoke import PATIENCE_SECONDS, PAUSE_SECONDS, TELL_SECONDS, UnprovenError, invoke, request
from tests.support.faults import Clock
from tests.support.scripted_server import Serve
from tests.support.stubbed_aws import StubbedAws

FIREWALL = b'{"type": "urn:landscape-api:problem:not-listed", "status": 403}'
OF_A_PAGE = b'{"type": "https://docs.example.org/problems.html#filtered", "status": 403}'
OUR_OWN = b'{"type": "urn:landscape-api:problem:forbidden", "status": 403}'
OK, GATEWAYS = (200, b"{}"), (403, b'{"message": "Forbidden"}')
UNSIGNED = (404, b"{}")  # for /iam, which the check requests after a 200
MOST = 1 + int(PATIENCE_SECONDS / PAUSE_SECONDS)  # requests


def ask(serve: Serve, *answers: tuple[int, bytes], is_listed: bool = True) -> tuple[str, list[str]]:
    """The result of the smoke check for these answers, and the lines that it prints before."""
    head = "HTTP/1.1 {} said\r\nConnection: close\r\nContent-Length: {}\r\n\r\n"
    scripts = [[head.format(status, len(body)).encode() + body] for status, body in answers]
    url, clock, told = f"http://127.0.0.1:{serve(*scripts).port}/dev", Clock(), list[str]()
    said = request(url, told.append, is_listed=is_listed, clock=clock, sleep=clock.sleep)
    return said, told


def test_a_200_is_what_proves_it(serve: Serve) -> None:
    assert ask(serve, OK, UNSIGNED)[0].endswith("/dev/health answers 200")


def test_the_firewalls_own_403_proves_nothing(serve: Serve) -> None:
    with pytest.raises(UnprovenError, match="the firewall's own 403"):
        ask(serve, (403, FIREWALL), is_listed=False)
    with pytest.raises(UnprovenError, match="the firewall's own 403"):
        ask(serve, (403, OF_A_PAGE), is_listed=False)
    with pytest.raises(UnprovenError, match="the firewall's own 403"):
        ask(serve, *[(403, FIREWALL)] * MOST)


@pytest.mark.parametrize(
    "answer",
    [GATEWAYS, (403, OUR_OWN), (403, b"[1]"), (404, FIREWALL), (502, b""), (201, b"{}")],
)
def test_anything_else_stops_the_deploy(serve: Serve, answer: tuple[int, bytes]) -> None:
    with pytest.raises(DeployError, match=str(answer[0])):
        ask(serve, *[answer] * MOST)


def test_an_api_that_answers_under_iam_without_a_signature_stops_the_deploy(serve: Serve) -> None:
    with pytest.raises(DeployError, match="/dev/iam/health answers 200 without a signature"):
        ask(serve, OK, OK)


def test_an_api_that_cannot_be_reached_is_named() -> None:
    clock = Clock()
    with pytest.raises(DeployError, match="cannot be reached"):
        request("http://127.0.0.1:1", lambda _: None, clock=clock, sleep=clock.sleep)
    assert clock.now == PATIENCE_SECONDS


def test_what_is_new_is_given_five_minutes_and_that_is_said(serve: Serve) -> None:
    blocked = [(403, FIREWALL)] * (MOST - 1)
    said, told = ask(serve, *blocked, OK, UNSIGNED)
    assert said.endswith("answers 200")
    assert len(told) == PATIENCE_SECONDS / TELL_SECONDS
    assert told[0].endswith("the firewall's own 403. Retrying for up to 300 s")


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
