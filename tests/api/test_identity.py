"""Bad tokens, by every way a request can come: nothing gets in, nothing breaks.

Every restricted route × every kind of bad credential, through `app(event, context)`,
chalice.test.Client and a real `chalice local` process; and what a gateway could pass on, inside
Lambda.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jwt
import pytest
from chalice.app import Chalice
from cryptography.hazmat.primitives import serialization
from make_token import claims, signing_key

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL
from chalicelib.settings import Settings
from tests.api.test_routes import TABLE
from tests.support import Answer, Api, local_environment

RESTRICTED = sorted((path, method, rule) for path, method, _, rule in TABLE if rule)
EMAIL = "somebody@example.org"
BODIES = {"POST": b"{}", "PUT": b"{}", "PATCH": b"{}"}

# Reading a key takes longer than a request.
development_key = cache(signing_key)


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
        key_id, key = development_key(self.settings.keys_directory, signer or self.service)
        headers = {"kid": kid or key_id}
        if groups is not ...:
            changes["cognito:groups"] = groups
        return jwt.encode(self.claims(**changes), key, algorithm="RS256", headers=headers)

    def kid(self, service: str) -> str:
        return development_key(self.settings.keys_directory, service)[0]

    def unsigned(self, algorithm: str) -> str:
        kid, _ = development_key(self.settings.keys_directory, self.service)
        return f"{part({'alg': algorithm, 'kid': kid})}.{part(self.claims())}."

    def signed_with_the_public_key(self) -> str:
        """HS256 whose secret is the public key, for a verifier that lets the token choose."""
        kid, key = development_key(self.settings.keys_directory, self.service)
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


# What Authorization holds, and the answer it gets; None sends no header at all.
BAD: dict[str, tuple[Callable[[Forger], str | None], int]] = {
    "no token": (lambda _: None, 401),
    "empty": (lambda _: "", 401),
    "blank": (lambda _: "   ", 401),
    "bearer of nothing": (lambda _: "Bearer", 401),
    "garbage of one part": (lambda _: "Bearer garbage", 401),
    "garbage of two parts": (lambda _: "Bearer gar.bage", 401),
    "garbage of three parts": (lambda _: "Bearer gar.ba.ge", 401),
    "a header alone": (lambda _: f"Bearer {part({'alg': 'RS256'})}..", 401),
    "a payload that is no object": (lambda _: f"Bearer {part({'alg': 'RS256'})}.{url64(b'[]')}.x", 401),
    "an issuer that is no text": (lambda f: f"Bearer {f.token(iss='x')}", 401),
    "non-ASCII": (lambda _: "Bearer schlüssel.ключ.鍵", 401),
    "basic": (lambda _: "Basic dXNlcjpwYXNz", 401),
    "expired": (lambda f: f"Bearer {f.token(exp=seconds_from_now(-60))}", 401),
    "without an expiry": (lambda f: f"Bearer {f.token(exp=None)}", 401),
    "an expiry that is no number": (lambda f: f"Bearer {f.token(exp='soon')}", 401),
    "not yet valid": (lambda f: f"Bearer {f.token(nbf=seconds_from_now(600))}", 401),
    "alg none": (lambda f: f"Bearer {f.unsigned('none')}", 401),
    "alg None": (lambda f: f"Bearer {f.unsigned('NoNe')}", 401),
    "HS256 with the public key": (lambda f: f"Bearer {f.signed_with_the_public_key()}", 401),
    "tampered": (lambda f: f"Bearer {f.tampered()}", 401),
    "unknown kid": (lambda f: f"Bearer {f.token(kid='unknown')}", 401),
    "no kid": (lambda f: f"Bearer {f.token(kid=' ')}", 401),
    "kid of the other pool": (lambda f: f"Bearer {f.token(kid=f.kid(f.other))}", 401),
    "signed by the other pool": (lambda f: f"Bearer {f.token(signer=f.other)}", 401),
    "both of the other pool": (
        lambda f: f"Bearer {f.token(signer=f.other, kid=f.kid(f.other))}",
        401,
    ),
    "another issuer": (lambda f: f"Bearer {f.token(iss='https://evil.example')}", 401),
    "another client": (lambda f: f"Bearer {f.token(aud='another-client')}", 403),
    "the other pool's client": (lambda f: f"Bearer {f.token(aud=min(f.pools[f.other].client_ids))}", 403),
    "no client": (lambda f: f"Bearer {f.token(aud=None)}", 403),
    "a list of clients": (
        lambda f: f"Bearer {f.token(aud=[min(f.pools[f.service].client_ids)])}",
        403,
    ),
    "an access token": (lambda f: f"Bearer {f.token(token_use='access', aud=None, client_id='x')}", 403),
    "no use": (lambda f: f"Bearer {f.token(token_use=None)}", 403),
    "no e-mail": (lambda f: f"Bearer {f.token(email=None)}", 403),
    "an empty e-mail": (lambda f: f"Bearer {f.token(email=' ')}", 403),
    "an e-mail that is no text": (lambda f: f"Bearer {f.token(email=['a@example.org'])}", 403),
    "e-mail not verified": (lambda f: f"Bearer {f.token(email_verified=False)}", 403),
    "e-mail not verified, as text": (lambda f: f"Bearer {f.token(email_verified='false')}", 403),
    "e-mail of unknown standing": (lambda f: f"Bearer {f.token(email_verified=None)}", 403),
}  # fmt: skip
# A right token, in the wrong place or without the right group: (service, groups).
WRONG: dict[str, tuple[str, object]] = {
    "a group name of the other pool": (TECH_AUDIT_TOOL, ["admin", "reviewer"]),
    "a group name of the other pool, as text": (TECH_AUDIT_TOOL, "admin,reviewer"),
    "a group name of the other pool, in brackets": (TECH_AUDIT_TOOL, "[admin reviewer]"),
    "the Tech Audit Tool's admins": (DIGITAL_LANDSCAPE, ["Admin"]),
    "the Tech Audit Tool's admins, as text": (DIGITAL_LANDSCAPE, "Admin"),
    "a group in the wrong case": (DIGITAL_LANDSCAPE, "[ADMIN Reviewer]"),
    "groups that are none": (DIGITAL_LANDSCAPE, {"admin": True}),
    "no group": (DIGITAL_LANDSCAPE, None),
}
# Whom each rule lets in, whatever the groups.
OPEN_TO = {
    "read-me": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "list-my-projects": {TECH_AUDIT_TOOL},
    "create-project": {TECH_AUDIT_TOOL},
    "update-project": {TECH_AUDIT_TOOL},
    "read-contacts": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "update-contacts": {TECH_AUDIT_TOOL},
}


def through_app(app: Chalice) -> Callable[..., Answer]:
    """As Lambda would call it: a Sender that can also say what the gateway found."""

    def send(
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        authorizer: Mapping[str, Any] | None = None,
    ) -> Answer:
        resource = next(known for known, *_ in TABLE if is_at(known, path))
        parameters = {
            name[1:-1]: value
            for name, value in zip(resource.split("/"), path.split("/"), strict=True)
            if name.startswith("{")
        }
        context = {"httpMethod": method, "resourcePath": resource, "path": path}
        event = {
            "requestContext": context
            | ({"authorizer": authorizer} if authorizer is not None else {}),
            "headers": {name.lower(): value for name, value in headers.items()},
            "pathParameters": parameters,
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "body": body.decode(),
        }
        response = app(event, None)
        found = {name.lower(): value for name, value in response["headers"].items()}
        return Answer(response["statusCode"], found, response["body"].encode())

    return send


def is_at(resource: str, path: str) -> bool:
    parts = list(zip(resource.split("/"), path.split("/"), strict=False))
    same_length = resource.count("/") == path.count("/")
    return same_length and all(a == b or a.startswith("{") for a, b in parts)


@pytest.fixture(params=["event", "client", "server"])
def way(request: pytest.FixtureRequest) -> Api:
    if request.param == "event":
        settings: Settings = request.getfixturevalue("settings")
        return Api(through_app(create_app(settings)), settings)
    found: Api = request.getfixturevalue(request.param)
    return found


def concrete(path: str) -> str:
    return path.replace("{project_id}", "some").replace("{technology_id}", "some")


def pools_of(rule: str) -> set[str]:
    from chalicelib.services.access import RULES

    return set(RULES[rule].groups)


def check_refused(answer: Answer, status: int, *secrets: str) -> None:
    assert answer.status == status, answer.body
    problem = answer.json
    assert problem["status"] == status
    challenge = answer.headers.get("www-authenticate")
    assert (challenge is not None) == (status == 401)
    if challenge:
        assert challenge.startswith('Bearer realm="landscape-api"')
        assert ("error=" in challenge) == ("error_description=" in challenge)
    for secret in secrets:
        assert secret not in answer.body.decode()
        assert secret not in str(answer.headers)


@pytest.mark.parametrize(("path", "method", "rule"), RESTRICTED)
def test_a_bad_token_opens_nothing(way: Api, path: str, method: str, rule: str) -> None:
    for service in pools_of(rule):
        forger = Forger(way.settings, service)
        for kind, (make, status) in BAD.items():
            value = make(forger)
            headers = {} if value is None else {"Authorization": value}
            headers["Content-Type"] = "application/json"
            body = BODIES.get(method, b"")
            answer = way.send(method, concrete(path), headers, body)
            try:
                check_refused(answer, status, EMAIL)
            except AssertionError as error:
                raise AssertionError(f"{kind}: {error}") from error


@pytest.mark.parametrize(("path", "method", "rule"), RESTRICTED)
def test_the_wrong_pool_or_group_opens_nothing(way: Api, path: str, method: str, rule: str) -> None:
    for kind, (service, groups) in WRONG.items():
        if service in OPEN_TO.get(rule, set()):
            continue
        token = Forger(way.settings, service).token(groups=groups)
        headers = {"Authorization": token, "Content-Type": "application/json"}
        answer = way.send(method, concrete(path), headers, BODIES.get(method, b""))
        check_refused(answer, 403, EMAIL, token)
        assert answer.json["detail"].startswith(f"{rule} is for "), kind


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "BEARER  {}", "{}", " {} "])
def test_bearer_and_the_raw_token_are_both_taken(way: Api, spelling: str) -> None:
    token = Forger(way.settings, TECH_AUDIT_TOOL).token()
    headers = {"Authorization": spelling.format(token)}
    assert way.send("GET", "/api/v1/me", headers, b"").status == 200


@pytest.mark.parametrize(
    "groups", [["Admin", "b"], "Admin,b", "Admin, b", "[Admin b]", "[Admin, b]", "[b,Admin]"]
)
def test_groups_are_read_in_every_spelling(way: Api, groups: object) -> None:
    token = Forger(way.settings, TECH_AUDIT_TOOL).token(groups=groups)
    answer = way.send("GET", "/api/v1/me", {"Authorization": token}, b"")
    assert answer.json["groups"] == ["Admin", "b"]


@pytest.mark.parametrize(("path", "method", "rule"), RESTRICTED)
def test_a_forged_authorizer_counts_for_nothing_outside_lambda(
    settings: Settings, path: str, method: str, rule: str
) -> None:
    send = through_app(create_app(settings))
    for service in pools_of(rule):
        authorizer = {"claims": Forger(settings, service).claims()}
        headers = {"Content-Type": "application/json"}
        body = BODIES.get(method, b"")
        check_refused(send(method, concrete(path), headers, body, authorizer), 401)


@pytest.fixture
def inside(settings: Settings) -> Callable[..., Answer]:
    """The app as Lambda runs it: claims come from the gateway, and from nowhere else."""
    return through_app(create_app(in_lambda(settings)))


def in_lambda(settings: Settings) -> Settings:
    state = settings.state_directory.parent
    return Settings.read(
        local_environment(
            state, LANDSCAPE_STAGE="dev", AWS_LAMBDA_FUNCTION_NAME="landscape-api-dev"
        )
    )


@pytest.mark.parametrize(("path", "method", "rule"), RESTRICTED)
def test_inside_lambda_what_the_gateway_did_not_check_is_checked(
    inside: Callable[..., Answer], settings: Settings, path: str, method: str, rule: str
) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"aud": "another-client"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"token_use": "access"},
        {"token_use": None},
        {"email": None},
        {"email_verified": "false"},
        {"email_verified": None},
    )
    for service in pools_of(rule):
        forger = Forger(settings, service)
        for change in changes:
            headers = {"Content-Type": "application/json"}
            authorizer = {"claims": forger.claims(**change)}
            body = BODIES.get(method, b"")
            check_refused(inside(method, concrete(path), headers, body, authorizer), 403, EMAIL)


@pytest.mark.parametrize(("path", "method", "rule"), RESTRICTED)
@pytest.mark.parametrize(
    "authorizer", [None, {}, {"claims": None}, {"claims": {}}, {"claims": "x"}]
)
def test_inside_lambda_a_token_that_no_gateway_checked_is_none(
    inside: Callable[..., Answer],
    settings: Settings,
    path: str,
    method: str,
    rule: str,
    authorizer: dict[str, Any] | None,
) -> None:
    token = Forger(settings, min(pools_of(rule))).token()
    headers = {"Authorization": token, "Content-Type": "application/json"}
    check_refused(inside(method, concrete(path), headers, BODIES.get(method, b""), authorizer), 401)


def test_inside_lambda_claims_arrive_as_text(
    inside: Callable[..., Answer], settings: Settings
) -> None:
    forger = Forger(settings, DIGITAL_LANDSCAPE)
    said = forger.claims(email_verified="true", exp="Sun Nov 22 10:00:00 UTC 2026")
    authorizer = {"claims": said | {"cognito:groups": "admin,reviewer"}}
    answer = inside("GET", "/api/v1/me", {}, b"", authorizer)
    assert answer.status == 200
    assert answer.json["groups"] == ["admin", "reviewer"]


def test_a_challenge_says_what_is_wrong(client: Api) -> None:
    assert client.get("/api/v1/me").headers["www-authenticate"] == 'Bearer realm="landscape-api"'
    expired = Forger(client.settings, TECH_AUDIT_TOOL).token(exp=seconds_from_now(-60))
    assert client.with_token(expired).get("/api/v1/me").headers["www-authenticate"] == (
        'Bearer realm="landscape-api", error="invalid_token", error_description="The token has expired"'
    )


def test_an_access_token_is_told_so(client: Api) -> None:
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(token_use="access", aud=None)
    answer = client.with_token(token).get("/api/v1/me")
    assert answer.status == 403
    assert "ID token" in answer.json["detail"]


def test_an_email_counts_without_regard_to_case(client: Api) -> None:
    made = client.auditor("Me@Example.org")("POST", "/api/v1/projects", {"name": "Mine"})
    me = client.auditor("mE@eXAMPLE.oRG")
    assert len(me.get("/api/v1/me/projects").json["items"]) == 1
    assert me("PATCH", made.headers["location"], {"stage": None}, if_match="*").status == 200
