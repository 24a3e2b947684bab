"""Bad tokens, by every way a request can come: nothing gets in, nothing breaks.

Every restricted route × every kind of bad credential through `app(event, context)`, one route of each
method through chalice.test.Client and a real `chalice local`; and what a gateway could pass on,
inside Lambda.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from tests.api.test_routes import TABLE, concrete
from tests.support.api import Answer, Api, Sender, in_lambda, once_for_each_key, through_app
from tools.token import claims, signing_key

RESTRICTED = sorted((method, concrete(path), rule) for path, method, _, rule in TABLE if rule)
EMAIL = "somebody@example.org"
JSON = {"Content-Type": "application/json"}


@once_for_each_key
def development_key(settings: Settings, service: str) -> tuple[str, rsa.RSAPrivateKey]:
    return signing_key(settings.keys_directory, service)


class Forger:
    """Makes tokens of one service's development pool, right and wrong."""

    def __init__(self, settings: Settings, service: str) -> None:
        self.settings = settings
        self.pools = {pool.service: pool for pool in settings.pools}
        self.service = service
        self.other = DIGITAL_LANDSCAPE if service == TECH_AUDIT_TOOL else TECH_AUDIT_TOOL

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Good claims, changed; a change to None takes a claim away."""
        groups = ["Admin", "admin", "reviewer"]
        good = claims(self.pools[self.service], EMAIL, groups, 1) | changes
        return {name: value for name, value in good.items() if value is not None}

    def token(self, signer: str = "", kid: str = "", groups: object = ..., **changes: Any) -> str:
        key_id, key = development_key(self.settings, signer or self.service)
        headers = {"kid": kid or key_id}
        if groups is not ...:
            changes["cognito:groups"] = groups
        return jwt.encode(self.claims(**changes), key, algorithm="RS256", headers=headers)

    def kid(self, service: str) -> str:
        return development_key(self.settings, service)[0]

    def client_of(self, service: str) -> str:
        return min(self.pools[service].client_ids)

    def unsigned(self, algorithm: str) -> str:
        return f"{part({'alg': algorithm, 'kid': self.kid(self.service)})}.{part(self.claims())}."

    def signed_with_the_public_key(self) -> str:
        """HS256 whose secret is the public key, for a verifier that lets the token choose."""
        kid, key = development_key(self.settings, self.service)
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed = f"{part({'alg': 'HS256', 'kid': kid})}.{part(self.claims())}"
        return f"{signed}.{url64(hmac.digest(pem, signed.encode(), hashlib.sha256))}"

    def tampered(self) -> str:
        header, _, signature = self.token().split(".")
        return f"{header}.{part(self.claims(email='admin@example.org'))}.{signature}"


def part(value: Mapping[str, Any]) -> str:
    return url64(json.dumps(value).encode())


def url64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def seconds_from_now(seconds: int) -> int:
    """Since 1970: these tests may run long after they were collected."""
    return int(time.time()) + seconds


# What Authorization holds where nobody is let in: 401.
NOT_BEARERS = ("", "   ", "Bearer", "Basic dXNlcjpwYXNz")
NO_TOKENS = (
    "garbage",
    "gar.bage",
    "gar.ba.ge",
    "schlüssel.ключ.鍵",
    f"{part({'alg': 'RS256'})}..",
    f"{part({'alg': 'RS256'})}.{url64(b'[]')}.x",
)
FORGED: dict[str, Callable[[Forger], str]] = {
    "another issuer": lambda f: f.token(iss="https://evil.example"),
    "an issuer that is no URL": lambda f: f.token(iss="x"),
    "expired": lambda f: f.token(exp=seconds_from_now(-60)),
    "without an expiry": lambda f: f.token(exp=None),
    "an expiry that is no number": lambda f: f.token(exp="soon"),
    "not yet valid": lambda f: f.token(nbf=seconds_from_now(600)),
    "alg none": lambda f: f.unsigned("none"),
    "alg None": lambda f: f.unsigned("NoNe"),
    "HS256 with the public key": Forger.signed_with_the_public_key,
    "tampered": Forger.tampered,
    "unknown kid": lambda f: f.token(kid="unknown"),
    "no kid": lambda f: f.token(kid=" "),
    "kid of the other pool": lambda f: f.token(kid=f.kid(f.other)),
    "signed by the other pool": lambda f: f.token(signer=f.other),
    "both of the other pool": lambda f: f.token(signer=f.other, kid=f.kid(f.other)),
}
# Claims that a gateway lets pass and nobody else: 403, inside Lambda too.
UNFIT: dict[str, Callable[[Forger], dict[str, Any]]] = {
    "another client": lambda _: {"aud": "another-client"},
    "the other pool's client": lambda f: {"aud": f.client_of(f.other)},
    "no client": lambda _: {"aud": None},
    "a list of clients": lambda f: {"aud": [f.client_of(f.service)]},
    "an access token": lambda _: {"token_use": "access", "aud": None, "client_id": "x"},
    "the use of an access token": lambda _: {"token_use": "access"},
    "no use": lambda _: {"token_use": None},
    "no e-mail": lambda _: {"email": None},
    "an empty e-mail": lambda _: {"email": " "},
    "an e-mail that is no text": lambda _: {"email": ["a@example.org"]},
    "e-mail not verified": lambda _: {"email_verified": False},
    "e-mail not verified, as text": lambda _: {"email_verified": "false"},
    "e-mail of unknown standing": lambda _: {"email_verified": None},
}
# A right token, in the wrong place or without the right group: (service, groups).
WRONG: list[tuple[str, object]] = [
    *((TECH_AUDIT_TOOL, g) for g in (["admin", "reviewer"], "admin,reviewer", "[admin reviewer]")),
    *((DIGITAL_LANDSCAPE, g) for g in (["Admin"], "Admin", "[ADMIN Reviewer]")),
    *((DIGITAL_LANDSCAPE, g) for g in ({"admin": True}, None)),
]
# Whom each rule lets in, whatever the groups.
OPEN_TO = {
    "read-me": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "list-my-projects": {TECH_AUDIT_TOOL},
    "create-project": {TECH_AUDIT_TOOL},
    "update-project": {TECH_AUDIT_TOOL},
    "read-contacts": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "update-contacts": {TECH_AUDIT_TOOL},
}
restricted = pytest.mark.parametrize(("method", "path", "rule"), RESTRICTED)
EVERY_METHOD = {method: (method, *rest) for method, *rest in RESTRICTED}.values()
each_way = pytest.mark.parametrize(
    ("way", "method", "path", "rule"),
    [
        *(("event", *each) for each in RESTRICTED),
        *((way, *each) for way in ("client", "server") for each in EVERY_METHOD),
    ],
    indirect=["way"],
)


@pytest.fixture(params=["event", "client", "server"])
def way(request: pytest.FixtureRequest) -> Api:
    if request.param == "event":
        settings: Settings = request.getfixturevalue("settings")
        return Api(through_app(create_app(settings)), settings)
    found: Api = request.getfixturevalue(request.param)
    return found


def ask(send: Sender, method: str, path: str, authorization: str | None = None) -> Answer:
    said = {} if authorization is None else {"Authorization": authorization}
    return send(method, path, JSON | said, b"{}" if method in ("POST", "PUT", "PATCH") else b"")


def check_refused(answer: Answer, status: int, kind: str, *secrets: str) -> None:
    assert answer.status == status, (kind, answer.body)
    assert answer.json["status"] == status
    challenge = answer.headers.get("www-authenticate")
    assert (challenge is not None) == (status == 401), kind
    if challenge:
        assert challenge.startswith('Bearer realm="landscape-api"')
        assert ("error=" in challenge) == ("error_description=" in challenge)
    for secret in secrets:
        assert secret not in answer.body.decode()
        assert secret not in str(answer.headers)


def forgers(settings: Settings, rule: str) -> list[Forger]:
    return [Forger(settings, service) for service in RULES[rule].groups]


@each_way
def test_a_bad_token_opens_nothing(way: Api, method: str, path: str, rule: str) -> None:
    for value in (None, *NOT_BEARERS, *(f"Bearer {text}" for text in NO_TOKENS)):
        check_refused(ask(way.send, method, path, value), 401, str(value))
    for forger in forgers(way.settings, rule):
        bad = {kind: (make(forger), 401) for kind, make in FORGED.items()}
        bad |= {kind: (forger.token(**change(forger)), 403) for kind, change in UNFIT.items()}
        for kind, (token, status) in bad.items():
            answer = ask(way.send, method, path, f"Bearer {token}")
            check_refused(answer, status, kind, EMAIL, token)


@each_way
def test_the_wrong_pool_or_group_opens_nothing(way: Api, method: str, path: str, rule: str) -> None:
    for service, groups in WRONG:
        if service not in OPEN_TO.get(rule, set()):
            token = Forger(way.settings, service).token(groups=groups)
            answer = ask(way.send, method, path, token)
            check_refused(answer, 403, str(groups), EMAIL, token)
            assert answer.json["detail"].startswith(f"{rule} is for "), groups


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "BEARER  {}", "{}", " {} "])
def test_bearer_and_the_raw_token_are_both_taken(way: Api, spelling: str) -> None:
    token = Forger(way.settings, TECH_AUDIT_TOOL).token()
    assert ask(way.send, "GET", "/api/v1/me", spelling.format(token)).status == 200


@pytest.mark.parametrize(
    "groups", [["Admin", "b"], "Admin,b", "Admin, b", "[Admin b]", "[Admin, b]", "[b,Admin]"]
)
def test_groups_are_read_in_every_spelling(client: Api, groups: object) -> None:
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(groups=groups)
    assert client.with_token(token).get("/api/v1/me").json["groups"] == ["Admin", "b"]


@restricted
def test_a_forged_authorizer_counts_for_nothing_outside_lambda(
    settings: Settings, method: str, path: str, rule: str
) -> None:
    for forger in forgers(settings, rule):
        send = through_app(create_app(settings), authorizer={"claims": forger.claims()})
        check_refused(ask(send, method, path), 401, "a forged authorizer")


@pytest.fixture
def inside(settings: Settings) -> Callable[[Any], Sender]:
    """The app as Lambda runs it, behind what the gateway's authorizer says: nothing else counts."""
    app = create_app(in_lambda(settings))
    return lambda authorizer: through_app(app, authorizer=authorizer)


@restricted
def test_inside_lambda_what_the_gateway_did_not_check_is_checked(
    inside: Callable[[Any], Sender], settings: Settings, method: str, path: str, rule: str
) -> None:
    for forger in forgers(settings, rule):
        changes = {kind: change(forger) for kind, change in UNFIT.items()}
        changes |= {f"issuer {text}": {"iss": text} for text in ("https://evil.example", None)}
        for kind, change in changes.items():
            authorizer = {"claims": forger.claims(**change)}
            check_refused(ask(inside(authorizer), method, path), 403, kind, EMAIL)


@restricted
def test_inside_lambda_a_token_that_no_gateway_checked_is_none(
    inside: Callable[[Any], Sender], settings: Settings, method: str, path: str, rule: str
) -> None:
    token = forgers(settings, rule)[0].token()
    authorizers: list[object] = [None, {}, {"claims": None}, {"claims": {}}, {"claims": "x"}]
    for authorizer in authorizers:
        check_refused(ask(inside(authorizer), method, path, token), 401, str(authorizer))


def test_inside_lambda_claims_arrive_as_text(
    inside: Callable[[Any], Sender], settings: Settings
) -> None:
    exp = "Sun Nov 22 10:00:00 UTC 2026"
    said = Forger(settings, DIGITAL_LANDSCAPE).claims(email_verified="true", exp=exp)
    send = inside({"claims": said | {"cognito:groups": "admin,reviewer"}})
    answer = ask(send, "GET", "/api/v1/me")
    assert (answer.status, answer.json["groups"]) == (200, ["admin", "reviewer"])


def test_a_challenge_says_what_is_wrong(client: Api) -> None:
    assert client.get("/api/v1/me").headers["www-authenticate"] == 'Bearer realm="landscape-api"'
    expired = Forger(client.settings, TECH_AUDIT_TOOL).token(exp=seconds_from_now(-60))
    assert client.with_token(expired).get("/api/v1/me").headers["www-authenticate"] == (
        'Bearer realm="landscape-api", error="invalid_token", error_description="The token has expired"'
    )


def test_an_access_token_is_told_so(client: Api) -> None:
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(token_use="access", aud=None)
    assert "send the ID token" in client.with_token(token).get("/api/v1/me").json["detail"]
