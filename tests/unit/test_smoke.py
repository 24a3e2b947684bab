"""The look whether a deployment answers: what counts as an answer, and what does not."""

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from operators.apis import DeployError
from operators.smoke import invoke, request
from tests.emulator import CREDENTIALS, REGION

FIREWALL = b'{"type": "urn:landscape-api:problem:not-listed", "status": 403}'
OUR_OWN = b'{"type": "urn:landscape-api:problem:forbidden", "status": 403}'


class Api:
    """A real HTTP server on loopback with one answer."""

    def __init__(self) -> None:
        self.answer = (200, b"{}")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = outer.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/dev"
        Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    yield found
    found.http.shutdown()
    found.http.server_close()


def test_its_own_200_and_the_firewalls_403_are_told_apart(api: Api) -> None:
    assert "answers 200: whoever may reach it is let in" in request(api.url)
    api.answer = (403, FIREWALL)
    assert "firewall" in request(api.url)


@pytest.mark.parametrize(
    "answer",
    [
        (403, b'{"message": "Forbidden"}'),
        (403, OUR_OWN),
        (403, b"[1]"),
        (404, FIREWALL),
        (502, b""),
        (201, b"{}"),
    ],
)
def test_anything_else_stops_the_deploy(api: Api, answer: tuple[int, bytes]) -> None:
    api.answer = answer
    with pytest.raises(DeployError, match=str(answer[0])):
        request(api.url, lambda _: None)


def test_an_api_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(DeployError, match="cannot be reached"):
        request("http://127.0.0.1:1", lambda _: None)


def test_what_was_just_deployed_is_given_time(api: Api) -> None:
    api.answer = (403, b'{"message": "Forbidden"}')
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            api.answer = (200, b"{}")

    assert "answers 200" in request(api.url, sleep)
    assert len(pauses) == 3


def invoked(payload: Any, **more: Any) -> str:
    client = boto3.client("lambda", region_name=REGION, **CREDENTIALS)
    raw = json.dumps(payload).encode()
    body = StreamingBody(io.BytesIO(raw), len(raw))
    with Stubber(client) as stubber:
        stubber.add_response("invoke", {"StatusCode": 200, "Payload": body, **more})
        return invoke(client, "landscape-api-dev", {})


def test_a_lambda_that_answers_is_told() -> None:
    assert invoked({"statusCode": 200}) == "the Lambda landscape-api-dev answers 200"


@pytest.mark.parametrize(
    ("payload", "more", "told"),
    [
        ({"errorMessage": "no"}, {"FunctionError": "Unhandled"}, "/aws/lambda/landscape-api-dev"),
        (None, {}, "fails"),
        ({"statusCode": 503, "body": "why"}, {}, "answers 503"),
    ],
)
def test_a_lambda_that_fails_stops_the_deploy(
    payload: Any, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(DeployError, match=told):
        invoked(payload, **more)
