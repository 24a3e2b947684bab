"""A pool's keys: fetched over HTTP, kept by kid, and fetched again at most once a minute."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.errors import UnauthenticatedError, UnavailableError
from chalicelib.models.identity import Pool
from chalicelib.routes.tokens import LARGEST_KEY_SET, PoolKeys, fetch_over_http, key_set_url
from tests.support.loopback import AnyMethod

POOL = Pool("tech-audit-tool", "arn:aws:cognito-idp:eu-west-2:1:userpool/eu-west-2_A", frozenset())
ARN_PATH = "/eu-west-2_A/.well-known/jwks.json"


def public_key(kid: str, bits: int = 2048) -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "alg": "RS256"}


KEYS = {kid: public_key(kid) for kid in ("a", "b")}


class JwksServer(ThreadingHTTPServer):
    """A real HTTP server on loopback that answers with `body` and counts the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths: list[str] = []
        self.status, self.body = 200, b""
        self.location = ""
        self.hang = Event()
        self.hang.set()
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, *kids: str) -> None:
        self.body = json.dumps({"keys": [KEYS[kid] for kid in kids]}).encode()

    def handle_error(self, *_: object) -> None:
        """Prints nothing, because in some tests the client gives up."""


class Handler(AnyMethod):
    server: JwksServer

    def answer(self) -> None:
        self.server.paths.append(self.path)
        self.server.hang.wait(20)
        location = [("Location", self.server.location)] if self.server.location else []
        self.reply(self.server.status, location, self.server.body)


@pytest.fixture
def server() -> Iterator[JwksServer]:
    found = JwksServer()
    yield found
    found.hang.set()
    found.shutdown()
    found.server_close()


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(server: JwksServer, clock: Clock) -> PoolKeys:
    return PoolKeys(POOL, fetch_over_http(server.url), clock=clock)


def test_a_known_kid_is_fetched_once(server: JwksServer, keys: PoolKeys) -> None:
    server.serve("a", "b")
    for kid in ("a", "b", "a"):
        assert keys.key(kid).key_id == kid
    assert server.paths == [ARN_PATH]


def test_an_unknown_kid_asks_again_at_most_once_a_minute(
    server: JwksServer, keys: PoolKeys, clock: Clock
) -> None:
    server.serve("a")
    keys.key("a")
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            keys.key("b")
    assert len(server.paths) == 1
    for seconds, asked in ((59, 1), (1, 2)):
        clock.seconds += seconds
        with pytest.raises(UnauthenticatedError):
            keys.key("b")
        assert len(server.paths) == asked


def test_a_rotated_key_is_found(server: JwksServer, keys: PoolKeys, clock: Clock) -> None:
    server.serve("a")
    keys.key("a")
    server.serve("b")
    clock.seconds += 60
    assert keys.key("b").key_id == "b"
    with pytest.raises(UnauthenticatedError):
        keys.key("a")


def test_a_known_kid_waits_for_no_fetch(server: JwksServer, keys: PoolKeys, clock: Clock) -> None:
    """A slow key server delays only tokens with an unknown kid."""
    server.serve("a")
    keys.key("a")
    clock.seconds += 60
    server.hang.clear()
    with ThreadPoolExecutor(1) as pool:
        unknown = pool.submit(keys.key, "b")
        wait_until(lambda: len(server.paths) == 2)
        assert keys.key("a").key_id == "a"
        assert not unknown.done()
        server.hang.set()
        assert isinstance(unknown.exception(), UnauthenticatedError)


def wait_until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((500, b""), (404, b"{}"), (200, b""), (200, b"<html>"), (200, b"[]"), (200, b"7")),
        *((200, b"{}"), (200, b'{"keys": 7}'), (200, b'{"keys": ["x"]}')),
        (200, b'{"keys": [{"kid": "b", "kty": "oct"}]}'),
        (200, b'{"keys": []' + b" " * LARGEST_KEY_SET + b"}"),
        (200, b"[" * 100_000),
    ],
)
def test_while_the_pool_does_not_answer_known_kids_go_on_and_others_are_told_to_wait(
    server: JwksServer, keys: PoolKeys, clock: Clock, status: int, body: bytes
) -> None:
    server.serve("a")
    keys.key("a")
    server.status, server.body = status, body
    clock.seconds += 60
    for _ in range(3):
        assert keys.key("a").key_id == "a"
        with pytest.raises(UnavailableError) as error:
            keys.key("b")
        assert 1 <= error.value.retry_after <= 61
    assert len(server.paths) == 2
    server.status = 200
    server.serve("a", "b")
    clock.seconds += 60
    assert keys.key("b").key_id == "b"


def test_a_pool_that_is_down_is_a_503_from_the_first_request(clock: Clock) -> None:
    keys = PoolKeys(POOL, fetch_over_http("http://127.0.0.1:1"), clock=clock)
    with pytest.raises(UnavailableError):
        keys.key("a")


def test_a_pool_that_hangs_is_given_up(server: JwksServer, keys: PoolKeys) -> None:
    server.hang.clear()
    with pytest.raises(UnavailableError):
        keys.key("a")


def test_without_an_endpoint_the_keys_are_the_issuers() -> None:
    assert key_set_url(POOL, "") == f"https://cognito-idp.eu-west-2.amazonaws.com{ARN_PATH}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: JwksServer, keys: PoolKeys, status: int) -> None:
    server.serve("a")
    server.status, server.location = status, f"{server.url}/elsewhere"
    with pytest.raises(UnavailableError):
        keys.key("a")
    assert server.paths == [ARN_PATH]


def test_a_proxy_is_not_asked_for_what_this_machine_serves(
    server: JwksServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.serve("a")
    assert PoolKeys(POOL, fetch_over_http(server.url), clock=clock).key("a").key_id == "a"


@pytest.mark.parametrize(
    "spoilt",
    [
        *(7, None, "x", [], {}, {"kty": "oct", "k": "AAAA", "kid": "b"}, {**KEYS["b"], "n": 7}),
        *({**KEYS["b"], "use": "enc"}, {**KEYS["b"], "alg": "RS512"}, {**KEYS["b"], "kid": ["b"]}),
        *({**KEYS["b"], "d": KEYS["b"]["n"]}, {**KEYS["b"], "e": "AA"}, public_key("b", 1024)),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "b"},
    ],
)
def test_a_key_that_no_token_may_be_signed_with_spoils_no_other(
    server: JwksServer, keys: PoolKeys, spoilt: object
) -> None:
    server.body = json.dumps({"keys": [spoilt, KEYS["a"]]}).encode()
    assert keys.key("a").key_id == "a"
    with pytest.raises(UnauthenticatedError):
        keys.key("b")
