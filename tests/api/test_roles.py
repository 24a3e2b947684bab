"""Callers that sign with an IAM role: their identity and their rights.

Requests go through `app(event, context)` as API Gateway documents its events. Those with
development signatures go through chalice.test.Client and a real `chalice local`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import DIGITAL_LANDSCAPE, SERVICES, TECH_AUDIT_TOOL
from chalicelib.models.identity import Role
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from tests.api.test_identity import Forger, ask
from tests.api.test_routes import TABLE, concrete
from tests.support.api import Answer, Api, P, T, event_at, in_lambda, next_link, through_app
from tests.support.signing import (
    IAM,
    as_role,
    identity,
    through_gateway,
    with_development_signature,
)
from tools.credentials import development_credentials

ACCOUNT = "123456789012"
AUDITS = f"arn:aws:iam::{ACCOUNT}:role/services/tech-audit-tool-back-end"
RADARS = f"arn:aws:iam::{ACCOUNT}:role/digital-landscape-back-end"
ROLES = (Role(TECH_AUDIT_TOOL, AUDITS), Role(DIGITAL_LANDSCAPE, RADARS))
EVERY = sorted((method, IAM + concrete(path).rstrip("/")) for path, method, *_ in TABLE)
every_route = pytest.mark.parametrize(("method", "path"), EVERY)
RITA = 'rita@example.org; groups="reviewer"'


def session_of(arn: str, session: str = "nightly") -> str:
    """The ARN of a session, which has no path of the role on AWS."""
    _, partition, _, _, account, path = arn.split(":")
    return f"arn:{partition}:sts::{account}:assumed-role/{path.rpartition('/')[2]}/{session}"


@pytest.fixture
def inside(settings: Settings) -> Settings:
    return replace(in_lambda(settings), roles=ROLES)


def called_by(settings: Settings, arn: str, on_behalf_of: str | None = None, base: str = "") -> Api:
    named = {} if on_behalf_of is None else {"On-Behalf-Of": on_behalf_of}
    return Api(through_gateway(create_app(settings), session_of(arn), base), settings, named)


def audits(settings: Settings, on_behalf_of: str | None = None) -> Api:
    return called_by(settings, AUDITS, on_behalf_of)


def radars(settings: Settings, on_behalf_of: str | None = None) -> Api:
    return called_by(settings, RADARS, on_behalf_of)


# --- Authentication


NAME = "digital-landscape-back-end"
UNLISTED = {
    "a role that is not listed": f"arn:aws:sts::{ACCOUNT}:assumed-role/another/nightly",
    "the role's name in another account": f"arn:aws:sts::210987654321:assumed-role/{NAME}/nightly",
    "the role's name in another partition": f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/{NAME}/nightly",
    "the name in another case": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME.upper()}/nightly",
    "the beginning of the name": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME[:-1]}/nightly",
    "a longer name": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}-2/nightly",
    "a session that is called as the role": f"arn:aws:sts::{ACCOUNT}:assumed-role/another/{NAME}",
    "a session that imitates a role": f"arn:aws:sts::{ACCOUNT}:assumed-role/another/assumed-role/{NAME}/x",
    "a path before the name": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/{NAME}/nightly",
    "no session": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}",
    "an empty session": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}/",
    "the role and no session of it": RADARS,
    "a user": f"arn:aws:iam::{ACCOUNT}:user/{NAME}",
    "a user whose path imitates a role": f"arn:aws:iam::{ACCOUNT}:user/assumed-role/{NAME}/nightly",
    "a federated user": f"arn:aws:sts::{ACCOUNT}:federated-user/{NAME}",
    "the account": f"arn:aws:iam::{ACCOUNT}:root",
    "a role with a region": f"arn:aws:sts:eu-west-2:{ACCOUNT}:assumed-role/{NAME}/nightly",
    "more behind it": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}/nightly:x",
    "a line end": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}\n/nightly",
    "half a surrogate pair": f"arn:aws:sts::{ACCOUNT}:assumed-role/{NAME}\ud800/nightly",
    "no ARN": "anonymous",
    "colons": ":::::",
}


def check_refused(answer: Answer, status: int, why: str) -> None:
    assert (answer.status, answer.json["status"]) == (status, status), (why, answer.body)
    challenge = answer.headers.get("www-authenticate", "")
    assert challenge.startswith("AWS4-HMAC-SHA256 ") == (status == 401), why
    assert "@" not in answer.body.decode() + str(answer.headers)


@every_route
def test_an_unlisted_signer_gets_in_nowhere(inside: Settings, method: str, path: str) -> None:
    app = create_app(inside)
    for why, arn in UNLISTED.items():
        for named in ({}, {"On-Behalf-Of": RITA}):
            send = through_gateway(app, arn)
            check_refused(Api(send, inside, named)(method, path, *body(method)), 403, why)


def body(method: str) -> tuple[Any, ...]:
    return ({},) if method in ("POST", "PUT", "PATCH") else ()


@every_route
def test_without_a_signature_nobody_gets_in(inside: Settings, method: str, path: str) -> None:
    app = create_app(inside)
    claims = {"claims": Forger(inside, TECH_AUDIT_TOOL).claims()}
    identities: list[Any] = [None, {}, "x", [], {"userArn": None}, {"userArn": ""}]
    for found in (*identities, {"userArn": [RADARS]}):
        for authorizer in (None, claims):
            send = through_app(app, authorizer=authorizer, identity=found)
            check_refused(Api(send, inside)(method, path, *body(method)), 401, str(found))


@every_route
def test_outside_lambda_what_a_request_says_of_its_signer_counts_for_nothing(
    settings: Settings, method: str, path: str
) -> None:
    """On the local stage, and in the container."""
    elsewhere = replace(settings, stage="dev", roles=ROLES)
    for found in (settings, elsewhere):
        app = create_app(found)
        for role in found.roles:
            send = through_gateway(app, session_of(role.arn))
            check_refused(Api(send, found)(method, path, *body(method)), 401, role.arn)


def test_a_role_does_not_stand_in_for_a_token(inside: Settings) -> None:
    for method, path, _ in RESTRICTED:
        assert radars(inside, RITA)(method, path, *body(method)).status == 401


def test_a_token_does_not_stand_in_for_a_role(client: Api) -> None:
    for caller in (client.radar_admin(), client.audit_admin()):
        for method, path in EVERY:
            check_refused(
                ask(caller.send, method, path, caller.headers["Authorization"]), 401, path
            )


def test_under_a_token_on_behalf_of_is_refused(client: Api) -> None:
    answer = client.auditor().get("/api/v1/me", on_behalf_of=RITA)
    assert answer.status == 403
    assert "On-Behalf-Of is only for IAM roles" in answer.json["detail"]


# --- Identity


@pytest.mark.parametrize("role", ROLES, ids=SERVICES)
def test_a_role_calls_as_its_service(inside: Settings, role: Role) -> None:
    me = called_by(inside, role.arn).get(f"{IAM}/api/v1/me").json
    assert (me["service"], me["email"], me["groups"]) == (role.service, None, [])


@pytest.mark.parametrize(
    ("header", "email", "groups"),
    [
        ("rita@example.org", "rita@example.org", []),
        ('rita@example.org; groups="reviewer"', "rita@example.org", ["reviewer"]),
        ('rita@example.org;groups="reviewer,admin"', "rita@example.org", ["admin", "reviewer"]),
        ('  Rita@Example.org ;  groups="admin, x" ', "Rita@Example.org", ["admin", "x"]),
        ('rita@example.org; groups=""', "rita@example.org", []),
        ('rita@example.org; groups=",,"', "rita@example.org", []),
    ],
)
def test_a_role_names_the_user_for_whom_it_acts(
    inside: Settings, header: str, email: str, groups: list[str]
) -> None:
    me = radars(inside, header).get(f"{IAM}/api/v1/me").json
    assert (me["email"], me["groups"]) == (email, groups)


ODD = [
    "",
    " ",
    "rita",
    "rita@",
    "@example.org",
    "rita@example.org, sam@example.org",
    "Rita <rita@example.org>",
    "rita@example.org rita@example.org",
    "rita@exam ple.org",
    "rita@@example.org",
    "rita@example.org;",
    "rita@example.org; reviewer",
    "rita@example.org; groups=reviewer",
    'rita@example.org; groups="reviewer',
    'rita@example.org; groups=reviewer"',
    'rita@example.org; groups="a"; groups="admin"',
    'rita@example.org; groups="a" groups="admin"',
    'rita@example.org; Groups="admin"',
    'rita@example.org; role="admin"; groups="admin"',
    'rita@example.org; groups="',
    '; groups="admin"',
    "rita\ud800@example.org",
    "rita\n@example.org",
    "rita@example.org\x00",
    f"{'r' * 300}@example.org",
    "digital-landscape",
]


@pytest.mark.parametrize("header", ODD)
def test_an_odd_on_behalf_of_is_malformed(inside: Settings, header: str) -> None:
    answer = radars(inside, header).get(f"{IAM}/api/v1/me")
    assert (answer.status, answer.json["type"].rpartition(":")[2]) == (400, "malformed")
    assert "rita@example.org; groups=" in answer.json["detail"]


@pytest.mark.parametrize("groups", ["a admin", "[admin]", "(admin)", "admin x", "{admin}"])
def test_a_group_with_blanks_or_brackets_gives_nothing(inside: Settings, groups: str) -> None:
    me = radars(inside, f'rita@example.org; groups="{groups}"').get(f"{IAM}/api/v1/me").json
    assert "admin" not in me["groups"]
    assert "update-technology" not in me["may"]


def test_two_on_behalf_of_headers_are_malformed(inside: Settings) -> None:
    """The gateway passes on the last one only, so the role's intention is unknown."""
    app = create_app(inside)

    def send(method: str, path: str, headers: Any, _: bytes) -> Answer:
        found = event_at(app, method, path, headers, "")
        assert found
        found["requestContext"]["identity"] = identity(session_of(RADARS))
        found["multiValueHeaders"] = {"on-behalf-of": ["sam@example.org", RITA]}
        said = app(found, None)
        return Answer(said["statusCode"], {}, said["body"].encode())

    assert send("GET", f"{IAM}/api/v1/me", {"On-Behalf-Of": RITA}, b"").status == 400


# --- Rights


def role_of(service: str, settings: Settings, on_behalf_of: str | None = None) -> Api:
    arn = {role.service: role.arn for role in ROLES}[service]
    return called_by(settings, arn, on_behalf_of)


RESTRICTED = sorted((method, concrete(path), rule) for path, method, _, rule in TABLE if rule)


@pytest.mark.parametrize(("method", "path", "rule"), RESTRICTED)
def test_the_role_of_the_other_service_may_nothing_more(
    inside: Settings, method: str, path: str, rule: str
) -> None:
    for service in {*SERVICES} - {*RULES[rule].groups}:
        groups = '"Admin,admin,reviewer"'
        for named in (None, f"rita@example.org; groups={groups}"):
            answer = role_of(service, inside, named)(method, IAM + path, *body(method))
            assert answer.status == 403
            assert answer.json["detail"].startswith(f"{rule} needs a caller of ")


@pytest.mark.parametrize(("method", "path", "rule"), RESTRICTED)
def test_a_role_alone_may_what_its_rule_says(
    inside: Settings, method: str, path: str, rule: str
) -> None:
    for service in RULES[rule].groups:
        answer = role_of(service, inside)(method, IAM + path, *body(method))
        assert (answer.status == 403) != RULES[rule].role, answer.body
        if not RULES[rule].role:
            assert answer.json["detail"] == f"{rule} needs a user: name the user in On-Behalf-Of"
        assert (rule in role_of(service, inside).get(f"{IAM}/api/v1/me").json["may"]) == (
            RULES[rule].role
        )


@pytest.mark.parametrize(("method", "path", "rule"), RESTRICTED)
def test_a_named_user_may_what_the_groups_say(
    inside: Settings, method: str, path: str, rule: str
) -> None:
    for service, groups in RULES[rule].groups.items():
        for group in groups or ():
            other = "Admin" if group == "admin" else "admin" if group == "Admin" else "x"
            for named, is_in in ((group, True), (other, other in (groups or ()))):
                caller = role_of(service, inside, f'rita@example.org; groups="{named}"')
                answer = caller(method, IAM + path, *body(method))
                assert (answer.status != 403) == is_in, (named, answer.body)


def test_a_role_moves_a_technology_on_behalf_of_a_reviewer(inside: Settings) -> None:
    rita = radars(inside, RITA)
    made = rita("POST", IAM + T, {"name": "Go", "quadrant": "languages"})
    assert (made.status, made.location) == (201, f"{IAM}{T}/go")
    moved = rita("POST", f"{made.location}/moves", {"ring": "adopt", "note": "used everywhere"})
    assert moved.status == 201
    assert [move["author"] for move in moved.json["moves"]] == ["rita@example.org"] * 2
    alone = radars(inside)("POST", f"{IAM}{T}/go/moves", {"ring": "trial"})
    assert alone.json["moves"][-1]["author"] == DIGITAL_LANDSCAPE
    nobody = radars(inside, "sam@example.org")("POST", f"{IAM}{T}/go/moves", {"ring": "hold"})
    assert nobody.status == 403


def test_a_nightly_job_loads_projects_night_after_night(inside: Settings) -> None:
    job = audits(inside)
    contacts = [{"email": "auditor@example.org", "roles": ["Editor"]}]
    first = job("POST", IAM + P, {"name": "Blaise", "contacts": contacts})
    assert first.status == 201
    changed = job("PATCH", first.location, {"stage": "unsupported"}, if_match=first.etag)
    assert (changed.status, changed.json["version"]) == (200, 2)
    kept = job.get(f"{first.location}/contacts").json
    assert [contact["email"] for contact in kept["contacts"]] == ["auditor@example.org"]
    assert kept["updated_by"] == TECH_AUDIT_TOOL


def test_a_service_names_the_contacts_of_what_it_makes(inside: Settings) -> None:
    answer = audits(inside)("POST", IAM + P, {"name": "Blaise"})
    assert answer.flaws == ["/contacts"]
    assert audits(inside).get(f"{IAM}{P}").json["items"] == []


def test_a_role_alone_changes_what_a_reviewer_may_and_no_more(inside: Settings) -> None:
    job = radars(inside)
    made = job("POST", IAM + T, {"name": "Go", "quadrant": "languages"})
    path = made.location
    assert job("PATCH", path, {"tags": ["x"]}, if_match="*").status == 200
    assert job("PATCH", path, {"description": "x"}, if_match="*").status == 403


# --- The same behaviour as without a role


def test_links_stay_under_iam(inside: Settings) -> None:
    job = called_by(inside, AUDITS, base="/dev")
    contacts = [{"email": "auditor@example.org"}]
    for n in range(3):
        made = job("POST", IAM + P, {"name": f"P {n}", "contacts": contacts})
        assert made.location == f"/dev{IAM}{P}/p-{n}"
    link = next_link(job.get(f"{IAM}{P}?limit=2"))
    assert link
    assert link.startswith(f"/dev{IAM}{P}?")
    assert len(job.get(link.removeprefix("/dev")).json["items"]) == 1
    assert job.get(IAM).json["links"]["radar"] == f"/dev{IAM}/api/v1/radar"


def test_the_contract_under_iam_is_that_of_the_service(inside: Settings) -> None:
    servers = called_by(inside, AUDITS, base="/dev").get(f"{IAM}/openapi.json").json["servers"]
    assert [each["url"] for each in servers] == ["/dev", f"/dev{IAM}"]


def test_what_a_role_reads_is_kept_in_no_cache(inside: Settings) -> None:
    for path in (IAM + P, f"{IAM}/api/v1/radar", f"{IAM}/health"):
        assert audits(inside).get(path).headers["cache-control"] == "no-store"


def test_a_key_is_one_callers_own(inside: Settings) -> None:
    """The same key of another user of the service is another request."""
    key = {"Idempotency-Key": "1"}
    bodies = {"name": "Go", "quadrant": "languages"}
    rita, sam = radars(inside, RITA), radars(inside, 'sam@example.org; groups="reviewer"')
    first = rita("POST", IAM + T, bodies, key)
    assert rita("POST", IAM + T, bodies, key).body == first.body
    assert sam("POST", IAM + T, bodies, key).status == 409


# --- On a developer's machine


@pytest.fixture
def signed(api: Api) -> Callable[..., Api]:
    def made(service: str, on_behalf_of: str | None = None) -> Api:
        return as_role(api, service, on_behalf_of)

    return made


@pytest.mark.parametrize("api", ["test_client", "server"], indirect=True)  # local stage only
def test_a_development_signature_stands_in_for_a_role(
    signed: Callable[..., Api], name: str
) -> None:
    assert signed(TECH_AUDIT_TOOL).get(f"{IAM}/api/v1/me").json["email"] is None
    rita = signed(DIGITAL_LANDSCAPE, RITA)
    made = rita("POST", IAM + T, {"name": name, "quadrant": "languages"})
    assert made.json["moves"][0]["author"] == "rita@example.org"
    found = rita.get(f"{IAM}{T}?q={name.replace(' ', '%20')}&limit=1&ring=review")
    assert [item["name"] for item in found.json["items"]] == [name]


def changed_header(name: str, change: Callable[[str], str]) -> Callable[[dict[str, str]], None]:
    def change_it(headers: dict[str, str]) -> None:
        headers[name] = change(headers[name])

    return change_it


SPOILT: dict[str, Callable[[dict[str, str]], None]] = {
    "no signature": lambda headers: headers.__delitem__("Authorization"),
    "a token": changed_header("Authorization", lambda _: "Bearer a.b.c"),
    "another signature": changed_header("Authorization", lambda text: text[:-1] + "g"),
    "a changed signature": changed_header(
        "Authorization", lambda text: text[:-1] + ("0" if text[-1] != "0" else "1")
    ),
    "another service's credentials": changed_header(
        "Authorization", lambda text: text.replace(DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL)
    ),
    "unknown credentials": changed_header(
        "Authorization", lambda text: text.replace(DIGITAL_LANDSCAPE, "../keys")
    ),
    "another AWS service": changed_header(
        "Authorization", lambda text: text.replace("execute-api", "s3")
    ),
    "another day": changed_header("X-Amz-Date", lambda text: f"20200101{text[8:]}"),
    "no date": changed_header("X-Amz-Date", lambda _: "now"),
    "a user who was not signed for": changed_header("On-Behalf-Of", lambda _: "sam@example.org"),
}


@pytest.mark.parametrize("why", SPOILT)
def test_a_development_signature_that_does_not_fit_opens_nothing(client: Api, why: str) -> None:
    def spoil(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        changed = dict(headers)
        SPOILT[why](changed)
        return client.send(method, path, changed, body)

    credentials = development_credentials(client.settings, DIGITAL_LANDSCAPE)
    caller = Api(with_development_signature(spoil, credentials), client.settings)
    check_refused(caller.get(f"{IAM}/api/v1/me", on_behalf_of=RITA), 401, why)


def test_a_signature_is_of_one_body(client: Api) -> None:
    def change(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return client.send(method, path, headers, body.replace(b"Go", b"Og"))

    credentials = development_credentials(client.settings, DIGITAL_LANDSCAPE)
    caller = Api(with_development_signature(change, credentials), client.settings)
    answer = caller("POST", IAM + T, {"name": "Go", "quadrant": "languages"})
    check_refused(answer, 401, "another body")


def test_a_request_creates_no_credentials(client: Api) -> None:
    """Only the command creates them: before it runs, there are none to guess."""
    credentials = development_credentials(client.settings, DIGITAL_LANDSCAPE)
    (client.settings.keys_directory / f"{DIGITAL_LANDSCAPE}.secret").unlink()
    caller = Api(with_development_signature(client.send, credentials), client.settings)
    answer = caller.get(f"{IAM}/api/v1/me")
    check_refused(answer, 401, "no secret")
    assert "landscape credentials" in answer.json["detail"]
    assert not list(client.settings.keys_directory.glob("*.secret"))
