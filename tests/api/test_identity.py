"""Bad tokens are refused by every entrance, and never cause a 500.

Every restricted route × every kind of bad credential goes through `app(event, context)`. One route
of each method goes through chalice.test.Client and a real `chalice local`. Inside Lambda, the tests
send all that a gateway could pass on.
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
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from tests.api.test_routes import TABLE, concrete
from tests.api.test_writes import NO_EMAILS
from tests.support.api import Answer, Api, Sender, in_lambda, once_for_each_key, through_app
from tools.token import claims, signing_key

RESTRICTED = sorted((method, concrete(path), rule) for path, method, _, rule in TABLE if rule)
EMAIL = "somebody@example.org"
EMAILS = ("o'hara+x@example.org", "jürgen@bücher.example", "📮@例え.jp", f"{'a' * 64}@example.org")
JSON = {"Content-Type": "application/json"}
STRANGERS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@once_for_each_key
def development_key(settings: Settings, service: str) -> tuple[str, rsa.RSAPrivateKey]:
    return signing_key(settings.keys_directory, service)


class Forger:
    """Makes valid and invalid tokens of one service's development pool."""

    def __init__(self, settings: Settings, service: str) -> None:
        self.settings = settings
        self.pools = {pool.service: pool for pool in settings.pools}
        self.service = service
        self.other = DIGITAL_LANDSCAPE if service == TECH_AUDIT_TOOL else TECH_AUDIT_TOOL

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Valid claims with changes. A change to None removes a claim."""
        groups = ["Admin", "admin", "reviewer"]
        good = claims(self.pools[self.service], EMAIL, groups, 1) | changes
        return {name: value for name, value in good.items() if value is not None}

    def token(self, signer: str = "", kid: str = "", groups: object = ..., **changes: Any) -> str:
        key_id, key = development_key(self.settings, signer or self.service)
        headers = {"kid": kid or key_id}
        if groups is not ...:
            changes["cognito:groups"] = groups
        return jwt.encode(self.claims(**changes), key, algorithm="RS256", headers=headers)

    def by_its_own_key(self, **header: object) -> str:
        """A token that is signed with a key in its own header, in each form that headers allow."""
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(STRANGERS_KEY.public_key(), as_dict=True)
        url = "https://evil.example/jwks.json"
        brought = {
            "jwk": jwk,
            "jku": url,
            "x5u": url,
            "x5c": ["MIIB"],
            "kid": self.kid(self.service),
        }
        return jwt.encode(self.claims(), STRANGERS_KEY, algorithm="RS256", headers=brought | header)

    def with_claims(self, **changes: Any) -> str:
        """A token with a valid signature, and with claims that PyJWT refuses to sign."""
        return self.with_header(self.claims(**changes))

    def with_header(self, said: Mapping[str, Any] | None = None, **header: object) -> str:
        key_id, key = development_key(self.settings, self.service)
        header = {"alg": "RS256", "kid": key_id, **header}
        signed = f"{part(header)}.{part(said or self.claims())}"
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{url64(signature)}"

    def kid(self, service: str) -> str:
        return development_key(self.settings, service)[0]

    def client_of(self, service: str) -> str:
        return min(self.pools[service].client_ids)

    def unsigned(self, algorithm: str) -> str:
        return f"{part({'alg': algorithm, 'kid': self.kid(self.service)})}.{part(self.claims())}."

    def signed_with_the_public_key(self) -> str:
        """HS256 with the public key as its secret, against verifiers that use the token's `alg`."""
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
    """In seconds since 1970, computed late: tests may run long after their collection."""
    return int(time.time()) + seconds


# Values of Authorization that are refused with 401.
NOT_BEARERS = ("", "   ", "Bearer", "Basic dXNlcjpwYXNz")
NO_TOKENS = (
    "garbage",
    "gar.bage",
    "gar.ba.ge",
    "schlüssel.ключ.鍵",
    f"{part({'alg': 'RS256'})}..",
    f"{part({'alg': 'RS256'})}.{url64(b'[]')}.x",
    f"{url64(b'[' * 6000)}.e30.x",
    f"{part({'alg': 'RS256'})}.{url64(b'[' * 6000)}.x",
)
FORGED: dict[str, Callable[[Forger], str]] = {
    "another issuer": lambda f: f.token(iss="https://evil.example"),
    "an issuer that is no URL": lambda f: f.token(iss="x"),
    "expired": lambda f: f.token(exp=seconds_from_now(-60)),
    "without an expiry": lambda f: f.token(exp=None),
    "an expiry that is no number": lambda f: f.token(exp="soon"),
    "not yet valid": lambda f: f.token(nbf=seconds_from_now(60)),
    "an expiry beyond all numbers": lambda f: f.token(exp=float("inf")),
    "an issuer in a list": lambda f: f.with_claims(iss=[f.pools[f.service].issuer]),
    "an issuer in an object": lambda f: f.with_claims(iss={f.pools[f.service].issuer: 1}),
    "a key of its own": Forger.by_its_own_key,
    "a key of its own, without a kid": lambda f: f.by_its_own_key(kid=""),
    "an extension that must be understood": lambda f: f.with_header(crit=["x"], x=1),
    "a list of algorithms": lambda f: f.with_header(alg=["RS256"]),
    "a list of kids": lambda f: f.with_header(kid=[f.kid(f.service)]),
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
# Claims that a gateway accepts, and the application refuses with 403, inside Lambda too.
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
    "an e-mail with half a surrogate pair": lambda _: {"email": "a\ud800@example.org"},
    "an e-mail of any length": lambda _: {"email": f"{'a' * 3000}@example.org"},
    "an object for a client": lambda f: {"aud": {f.client_of(f.service): True}},
    "a list for the use": lambda _: {"token_use": ["id"]},
    "e-mail verified, as a number": lambda _: {"email_verified": 1},
    "e-mail verified, in other words": lambda _: {"email_verified": "True"},
    "e-mail verified, in a list": lambda _: {"email_verified": [True]},
    "e-mail not verified": lambda _: {"email_verified": False},
    "e-mail not verified, as text": lambda _: {"email_verified": "false"},
    "e-mail of unknown standing": lambda _: {"email_verified": None},
}
# Groups whose names look like the right one, or like several.
NO_GROUPS = [[name] for name in ("x,Admin", "a Admin", "Admin ", "[Admin", "Admin]", "[Admin]", "")]
# Valid tokens of the wrong service or without the right group: (service, groups).
WRONG: list[tuple[str, object]] = [
    (TECH_AUDIT_TOOL, ["admin", "reviewer"]),
    *((TECH_AUDIT_TOOL, g) for g in (*NO_GROUPS, "Admin", "Admin,x", "[Admin]", "[x Admin]")),
    (DIGITAL_LANDSCAPE, ["Admin", "ADMIN", "Reviewer"]),
    *((DIGITAL_LANDSCAPE, g) for g in ({"admin": True}, 7, [["admin"]], None)),
]
# The services that each rule allows without a group.
OPEN_TO = {
    "read-me": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "list-my-projects": {TECH_AUDIT_TOOL},
    "create-project": {TECH_AUDIT_TOOL},
    "update-project": {TECH_AUDIT_TOOL},
    "read-contacts": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "read-authors": {TECH_AUDIT_TOOL, DIGITAL_LANDSCAPE},
    "update-contacts": {TECH_AUDIT_TOOL},
}
restricted = pytest.mark.parametrize(("method", "path", "rule"), RESTRICTED)
EVERY_METHOD = {method: (method, *rest) for method, *rest in RESTRICTED}.values()
each_way = pytest.mark.parametrize(
    ("way", "method", "path", "rule"),
    [
        *(("event", *each) for each in RESTRICTED),
        *((way, *each) for way in ("test_client", "server", "container") for each in EVERY_METHOD),
    ],
    indirect=["way"],
)


@pytest.fixture(params=["event", "test_client", "server", "container"])
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
            assert answer.json["detail"].startswith(f"{rule} needs "), groups


@pytest.mark.parametrize("spelling", ["Bearer {}", "bearer {}", "BEARER  {}", "{}", " {} "])
def test_bearer_and_the_raw_token_are_both_taken(way: Api, spelling: str) -> None:
    token = Forger(way.settings, TECH_AUDIT_TOOL).token()
    assert ask(way.send, "GET", "/api/v1/me", spelling.format(token)).status == 200


def test_a_verified_token_lists_its_groups_and_odd_names_are_left_out(client: Api) -> None:
    groups = ["Admin", "b", "c,d", "e f", "[g]", "h\u2003i", 7]
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(groups=groups)
    assert client.with_token(token).get("/api/v1/me").json["groups"] == ["Admin", "b"]


@pytest.mark.parametrize(
    ("times", "status"),
    [
        *(({"exp": -25}, 200), ({"exp": -60}, 401), ({"nbf": 25}, 200), ({"nbf": 60}, 401)),
        ({"iat": 3600}, 200),
    ],
)
def test_clocks_may_differ_by_half_a_minute_and_iat_decides_nothing(
    client: Api, times: dict[str, Any], status: int
) -> None:
    said: dict[str, Any] = {name: seconds_from_now(each) for name, each in times.items()}
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(**said)
    assert client.with_token(token).get("/api/v1/me").status == status


def test_a_header_of_a_genuine_token_names_no_other_place_for_keys(client: Api) -> None:
    url = "http://127.0.0.1:1/jwks.json"
    token = Forger(client.settings, TECH_AUDIT_TOOL).with_header(jku=url, x5u=url, typ="at+jwt")
    assert client.with_token(token).get("/api/v1/me").status == 200


@pytest.mark.parametrize("email", [*NO_EMAILS, *EMAILS, f"{'d' * 242}@example.org"])
def test_a_token_may_hold_the_addresses_that_a_contact_may(
    client: Api, name: str, email: str
) -> None:
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(email=email)
    contacts = [{"email": email}]
    taken = client.auditor()("POST", "/api/v1/projects", {"name": name, "contacts": contacts})
    said = client.with_token(token).get("/api/v1/me")
    assert (taken.status, said.status) == ((201, 200) if email in EMAILS else (422, 403))
    assert said.status == 200 or not email.strip() or email not in said.body.decode()


@restricted
def test_a_forged_authorizer_counts_for_nothing_outside_lambda(
    settings: Settings, method: str, path: str, rule: str
) -> None:
    for forger in forgers(settings, rule):
        send = through_app(create_app(settings), authorizer={"claims": forger.claims()})
        check_refused(ask(send, method, path), 401, "a forged authorizer")


@pytest.fixture
def inside(settings: Settings) -> Callable[[Any], Sender]:
    """The app inside Lambda, with the data of the gateway's authorizer, and with nothing else."""
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


@pytest.mark.parametrize(
    ("said", "listed", "groups"),
    [
        ("admin", [], ["admin"]),
        ("admin,reviewer", ["admin", "reviewer"], ["admin", "reviewer"]),
        ("[admin reviewer]", ["admin", "reviewer"], ["admin", "reviewer"]),
        ("[admin]", ["admin"], ["admin"]),
        ("admin;reviewer", ["admin;reviewer"], ["admin;reviewer"]),
        # One group whose name looks like several, or like the other spelling.
        ("x,admin", ["x,admin"], []),
        ("[x admin]", ["x admin"], []),
        ("[admin]", ["[admin]"], []),
        ("[x,admin reviewer]", ["x,admin", "reviewer"], ["reviewer"]),
        # In neither spelling, or not in the token.
        *(
            (said, ["admin", "reviewer"], [])
            for said in ("", "admin reviewer", "(admin, reviewer)")
        ),
        *((said, ["admin", "reviewer"], []) for said in ("[admin,reviewer]", "[admin", "admin]")),
        ("admin, reviewer", ["admin", "reviewer"], ["admin"]),
        ("x,reviewer", ["admin", "reviewer"], ["reviewer"]),
        *(("admin,reviewer", listed, []) for listed in ("admin,reviewer", {"admin": 1}, 7, None)),
    ],
)
def test_inside_lambda_several_groups_are_those_that_the_token_lists_as_well(
    inside: Callable[[Any], Sender],
    settings: Settings,
    said: str,
    listed: object,
    groups: list[str],
) -> None:
    exp = "Sun Nov 22 10:00:00 UTC 2026"
    forger = Forger(settings, DIGITAL_LANDSCAPE)
    passed_on = forger.claims(email_verified="true", exp=exp) | {"cognito:groups": said}
    token = forger.token(groups=listed)
    for header in (f"Bearer {token}", token):
        answer = ask(inside({"claims": passed_on}), "GET", "/api/v1/me", header)
        assert (answer.status, answer.json["groups"]) == (200, groups)


@pytest.mark.parametrize("header", [None, "", "x", "a.b.c", "ä.ä.ä", f"a.{url64(b'[' * 6000)}.c"])
def test_inside_lambda_without_a_readable_token_one_group_counts_and_several_do_not(
    inside: Callable[[Any], Sender], settings: Settings, header: str | None
) -> None:
    said = Forger(settings, DIGITAL_LANDSCAPE).claims()
    for groups, counted in (("admin", ["admin"]), ("admin,reviewer", []), ("[admin]", [])):
        send = inside({"claims": said | {"cognito:groups": groups}})
        answer = ask(send, "GET", "/api/v1/me", header)
        assert (answer.status, answer.json["groups"]) == (200, counted)


def test_a_challenge_says_what_is_wrong(client: Api) -> None:
    assert client.get("/api/v1/me").headers["www-authenticate"] == 'Bearer realm="landscape-api"'
    expired = Forger(client.settings, TECH_AUDIT_TOOL).token(exp=seconds_from_now(-60))
    assert client.with_token(expired).get("/api/v1/me").headers["www-authenticate"] == (
        'Bearer realm="landscape-api", error="invalid_token", error_description="The token has expired: sign in again"'
    )


def test_an_access_token_is_told_so(client: Api) -> None:
    token = Forger(client.settings, TECH_AUDIT_TOOL).token(token_use="access", aud=None)
    assert "send the ID token" in client.with_token(token).get("/api/v1/me").json["detail"]
