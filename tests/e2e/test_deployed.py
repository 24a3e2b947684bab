"""A real deployment to an emulated AWS: through API Gateway, Lambda, Chalice's zip and DynamoDB.

The emulated AWS enforces IAM policies (AUTH=true). It does the following with the methods under
/iam, without code of ours. It refuses a request without a signature with its answer to an unknown
path. It also refuses any other content of Authorization. It verifies the signature of the method,
path, query, signed headers and body. The signature must be at most five minutes old. The
credentials must exist, include their session token, and not have expired. It evaluates the role's
policies (execute-api:Invoke on the method's ARN) and the API's resource policy. It gives the Lambda
`requestContext.identity`: `userArn` is `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, without
the role's path.

It differs from AWS in four ways. It does not check which AWS service a signature is for, or the
secret of the account's root. It treats callers of another account as callers of the API's account.
A refusal by a policy is AWS's JSON, not the gateway response ACCESS_DENIED. Without AUTH=true, it
only requires an Authorization header with a key that exists.
"""

import json
import re
from collections.abc import Iterator

import pytest
from botocore.credentials import Credentials

from ops.runtime import pinned_python
from tests.support.api import ORIGIN, ROOT, Answer, Api
from tests.support.deployment import READS, Deployment, allow_access_logs
from tests.support.emulator import CREDENTIALS, REGION, IamRole
from tests.support.signing import IAM
from tests.support.zips import code_in, sources_in

ROLLBACK = ("rollback", "--stage", "dev")
P = "/api/v1/projects"
T = "/api/v1/technologies"
USER = "user@example.org"
REVIEWER = "reviewer@example.org"
ACCOUNT = CREDENTIALS["aws_access_key_id"]
LOADER, RADAR, IDLE, UNLISTED = (
    f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("jobs/loader", "radar", "idle", "unlisted")
)
RITA = "rita@example.org"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The whole of `make deploy STAGE=dev`, once, on an emulated AWS that enforces IAM policies."""
    with Deployment(tmp_path_factory.mktemp("deployed"), enforces_policies=True) as deployment:
        deployment.configure(
            TECH_AUDIT_TOOL_ROLE_ARNS=LOADER, DIGITAL_LANDSCAPE_ROLE_ARNS=f"{RADAR},{IDLE}"
        )
        deployment.audit.add_user(USER, "Admin")
        deployment.landscape.add_user(REVIEWER, "admin", "reviewer")
        said = deployment.deploy()
        assert "/dev/health answers 200\n" in said
        assert deployment.api.get("/health").status == 403  # the smoke check removed its address
        deployment.let_in()
        yield deployment


@pytest.fixture
def user(deployed: Deployment) -> Api:
    return deployed.api.with_token(deployed.audit.tokens(USER)["IdToken"])


@pytest.fixture
def reviewer(deployed: Deployment) -> Api:
    return deployed.api.with_token(deployed.landscape.tokens(REVIEWER)["IdToken"])


def test_the_life_of_a_project(deployed: Deployment, user: Api) -> None:
    uses = [{"technology": "PL/SQL", "category": "languages", "main": True}]
    made = user("POST", P, {"name": "Life", "technologies": uses}, idempotency_key="life")
    assert made.status == 201
    assert made.headers["location"] == "/dev/api/v1/projects/life"
    again = user("POST", P, {"name": "Life", "technologies": uses}, idempotency_key="life")
    assert (again.status, again.body) == (201, made.body)
    assert user("POST", P, {"name": "Coded"}, content_encoding="gzip").status == 415
    assert deployed.api.get(f"{P}/life").etag == made.etag
    assert deployed.api.get(f"{P}/life", if_none_match=made.etag).status == 304
    contacts = user.get(f"{P}/life/contacts").json
    assert [contact["email"] for contact in contacts["contacts"]] == [USER]
    patched = user("PATCH", f"{P}/life", {"stage": "development"}, if_match=made.etag)
    assert patched.json["stage"] == "development"
    assert user("PATCH", f"{P}/life", {}, if_match=made.etag).status == 412
    found = deployed.api.get(f"{P}?q=lif&technology=pl%2Fsql&stage=development").json["items"]
    assert [one["id"] for one in found] == ["life"]
    assert [one["id"] for one in user.get("/api/v1/me/projects").json["items"]] == ["life"]
    assert user("DELETE", f"{P}/life", if_match=patched.etag).status == 204
    assert deployed.api.get(f"{P}/life").status == 404


def test_a_cold_start_compiles_nothing(deployed: Deployment) -> None:
    zips = list((deployed.project / ".chalice/deployments").glob("*.zip"))
    assert [code_in(each) for each in zips] == [sources_in(each) for each in zips] != []
    live = deployed.emulator.client("lambda").get_function_configuration(
        FunctionName="landscape-api-dev"
    )
    assert live["Runtime"] == f"python{pinned_python(ROOT)}"


def test_the_life_of_a_technology(deployed: Deployment, reviewer: Api) -> None:
    assert reviewer.get("/api/v1/me").json["groups"] == ["admin", "reviewer"]
    made = reviewer("POST", T, {"name": "Zig", "quadrant": "languages", "ring": "assess"})
    assert made.status == 201
    moved = reviewer("POST", f"{T}/zig/moves", {"ring": "trial", "note": "Promising"})
    assert [move["author"] for move in moved.json["moves"]] == [REVIEWER, REVIEWER]
    assert "Zig" in [one["title"] for one in deployed.api.get("/api/v1/radar").json["entries"]]
    assert (
        reviewer("PATCH", f"{T}/zig", {"name": "Zig!"}, if_match=moved.etag).json["name"] == "Zig!"
    )
    assert reviewer("DELETE", f"{T}/zig", if_match="*").status == 204


def test_the_gateway_wants_a_token_of_the_right_pool(deployed: Deployment, reviewer: Api) -> None:
    assert deployed.api.get("/api/v1/me").status == 401
    assert deployed.api.with_token("a.b.c").get("/api/v1/me").status == 401
    assert reviewer("POST", P, {"name": "Not mine"}).status == 401
    access = deployed.audit.tokens(USER)["AccessToken"]
    assert deployed.api.with_token(access).get("/api/v1/me").status in (401, 403)


# --- IAM roles


@pytest.fixture(scope="module")
def roles(deployed: Deployment) -> dict[str, IamRole]:
    """The roles by ARN. IAM lets all of them except IDLE call the methods under /iam."""
    made = {arn: IamRole(deployed.emulator, arn) for arn in (LOADER, RADAR, IDLE, UNLISTED)}
    under = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{deployed.api_id}/dev/*{IAM}"
    for arn in (LOADER, RADAR, UNLISTED):
        made[arn].may_call(under, f"{under}/*")
    return made


def signed_by(deployed: Deployment, role: IamRole, on_behalf_of: str = "") -> Api:
    return deployed.signed_by(role.credentials(), on_behalf_of)


def test_a_role_moves_a_technology_on_behalf_of_a_reviewer(
    deployed: Deployment, roles: dict[str, IamRole]
) -> None:
    rita = signed_by(deployed, roles[RADAR], f'{RITA}; groups="reviewer"')
    made = rita("POST", IAM + T, {"name": "Roc", "quadrant": "languages"})
    assert (made.status, made.location) == (201, f"/dev{IAM}{T}/roc")
    moved = rita("POST", f"{made.location}/moves", {"ring": "trial"})
    assert moved.status == 201
    assert [move["author"] for move in moved.json["moves"]] == [RITA, RITA]
    alone = signed_by(deployed, roles[RADAR])("POST", f"{made.location}/moves", {"ring": "adopt"})
    assert alone.json["moves"][-1]["author"] == "digital-landscape"
    assert deployed.api.get(f"{T}/roc").json["ring"] == "adopt"


def test_a_nightly_job_creates_projects_and_updates_them(
    deployed: Deployment, roles: dict[str, IamRole]
) -> None:
    body = {"name": "Nightly", "contacts": [{"email": USER}]}
    job = signed_by(deployed, roles[LOADER])
    made = job("POST", IAM + P, body, idempotency_key="first-night")
    assert made.status == 201
    next_night = signed_by(deployed, roles[LOADER])
    (found,) = next_night.get(f"{IAM}{P}?q=nightly&limit=5").json["items"]
    path = f"{IAM}{P}/{found['id']}"
    etag = next_night.get(path).etag
    patched = next_night("PATCH", path, {"stage": "development"}, if_match=etag)
    assert (patched.status, patched.json["version"]) == (200, 2)
    contacts = next_night.get(f"{path}/contacts").json
    assert [contact["email"] for contact in contacts["contacts"]] == [USER]
    assert contacts["updated_by"] == "tech-audit-tool"
    admin = signed_by(deployed, roles[LOADER], f'{USER}; groups="Admin"')
    assert next_night("DELETE", path, if_match="*").status == 403
    assert admin("DELETE", path, if_match="*").status == 204


def send(api: Api, method: str, path: str) -> Answer:
    """Skips the check of the contract, because some of the gateway's own refusals are not in it."""
    headers = {**api.headers, "Content-Type": "application/json"}
    return api.send(method, path, headers, b"" if method == "GET" else b"{}")


NEED_A_CALLER = (("GET", "/api/v1/me"), ("POST", P), ("POST", T))
PUBLIC = (("GET", "/health"), ("GET", P))


@pytest.mark.parametrize(("method", "path"), [*PUBLIC, *NEED_A_CALLER])
def test_under_iam_nobody_gets_in_but_a_listed_role(
    deployed: Deployment, roles: dict[str, IamRole], user: Api, method: str, path: str
) -> None:
    radar = roles[RADAR].credentials()
    stolen = Credentials(radar.access_key, "another-secret", radar.token)
    root = Credentials(*CREDENTIALS.values())
    callers = {
        "nobody": (deployed.api, 404),  # API Gateway gives an unknown path the same answer
        "a token": (user, 403),
        "another secret": (deployed.signed_by(stolen), 404),  # as does a wrong signature
        "a session without its token": (
            deployed.signed_by(Credentials(radar.access_key, radar.secret_key)),
            403,
        ),
        "a role whose policy does not let it call": (signed_by(deployed, roles[IDLE]), 403),
        "a role that is not listed": (signed_by(deployed, roles[UNLISTED]), 403),
        "the account": (deployed.signed_by(root), 403),
    }
    said = {who: send(api, method, IAM + path).status for who, (api, _) in callers.items()}
    assert said == {who: status for who, (_, status) in callers.items()}


@pytest.mark.parametrize(("method", "path"), NEED_A_CALLER)
def test_a_signature_opens_nothing_that_needs_a_token(
    deployed: Deployment, roles: dict[str, IamRole], method: str, path: str
) -> None:
    for arn in (RADAR, LOADER):
        signed = signed_by(deployed, roles[arn], f'{RITA}; groups="Admin,admin,reviewer"')
        assert send(signed, method, path).status == 401


def test_links_preflights_and_problems_suit_a_browser(deployed: Deployment) -> None:
    for path, status, name in (
        ("/api/v1/me", 401, "unauthenticated"),
        ("/nowhere", 404, "not-found"),
    ):
        answer = deployed.api.get(path, origin=ORIGIN)
        assert answer.status == status
        challenge = 'Bearer realm="landscape-api"' if status == 401 else None
        assert answer.headers.get("www-authenticate") == challenge
        assert answer.json["type"] == f"urn:landscape-api:problem:{name}"
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.json["status"] == status
    assert deployed.api.get("/").json["links"]["radar"] == "/dev/api/v1/radar"
    head, read = (deployed.api(method, "/openapi.json") for method in ("HEAD", "GET"))
    assert (head.status, head.body, head.etag) == (200, b"", read.etag)
    assert head.headers["content-type"] == read.headers["content-type"]
    assert deployed.api("HEAD", "/openapi.json", if_none_match=read.etag).status == 304
    preflight = deployed.api("OPTIONS", P, origin=ORIGIN)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == ORIGIN


def test_the_shipped_data_is_loaded_once_and_twice_alike(deployed: Deployment) -> None:
    files = ("data/ons_radar.json", "data/ons_projects.json")
    deployed.run("load", "--stage", "dev", *files)
    listed = deployed.api.get(f"{P}?limit=100").json["items"]
    assert len(listed) == 20
    deployed.run("load", "--stage", "dev", *files)
    assert deployed.api.get(f"{P}?limit=100").json["items"] == listed
    assert len(deployed.api.get(f"{T}/python/projects").json["items"]) == 12


def test_a_second_deploy_keeps_api_data_and_settings(deployed: Deployment, user: Api) -> None:
    assert user("POST", P, {"name": "Kept"}).status in (201, 409)
    before, stage = deployed.api_id, deployed.gateway_stage()
    app = deployed.project / "app.py"
    app.write_text(app.read_text() + "# another version\n")
    deployed.deploy()
    assert deployed.own_apis() == [before] == [deployed.api_id]
    assert deployed.api.get(f"{P}/kept").status == 200
    changing = dict.fromkeys(("deploymentId", "lastUpdatedDate", "ResponseMetadata"))
    assert deployed.gateway_stage() | changing == stage | changing
    assert deployed.api.get("/nowhere").status == 404
    assert "nothing to change" in deployed.run("gateway", "--stage", "dev")


def write_version(deployed: Deployment, version: str) -> None:
    source = deployed.project / "chalicelib/__init__.py"
    source.write_text(re.sub(r'"[\d.]+"', f'"{version}"', source.read_text()))


def live_version(deployed: Deployment) -> object:
    return deployed.api.get("/").json["version"]


def release(deployed: Deployment, version: str) -> None:
    write_version(deployed, version)
    deployed.deploy()
    assert live_version(deployed) == version


def roll_back(deployed: Deployment) -> object:
    """Rolls back. Returns the version that is live afterwards."""
    deployed.run(*ROLLBACK)
    return live_version(deployed)


def test_each_rollback_goes_back_by_one_release_and_never_forward(deployed: Deployment) -> None:
    first = live_version(deployed)
    release(deployed, "98.0.0")
    release(deployed, "99.0.0")
    deployed.deploy()  # nothing has changed, so no release is published
    said = deployed.run(*ROLLBACK, "--dry-run", "--json")
    answer = json.loads(said[said.index("{") :])
    due = {step["what"] for step in answer["steps"] if step["is_due"]}
    assert (due, answer["is_due"]) == ({"release", "gateway deployment", "code"}, True)
    assert live_version(deployed) == "99.0.0"
    deployed.run_until(lambda call: call.endswith("/aliases/released"), *ROLLBACK)
    assert roll_back(deployed) == "98.0.0"  # completes the interrupted rollback
    assert roll_back(deployed) == first
    release(deployed, "3.0.0")
    assert roll_back(deployed) == first
    unknown = deployed.run(*ROLLBACK, "--version", "777", expect=1)
    assert "version 777 of landscape-api-dev is not a release" in unknown


def test_a_rollback_undoes_a_cut_deploy_or_one_of_settings(deployed: Deployment) -> None:
    release(deployed, "4.0.0")
    write_version(deployed, "5.0.0")
    deployed.deploy_until(lambda call: call.endswith("/functions/landscape-api-dev/code"))
    assert live_version(deployed) == "5.0.0"
    assert roll_back(deployed) == "4.0.0"
    write_version(deployed, "4.0.0")
    deployed.configure(LANDSCAPE_RADAR_TITLE="Another title")
    deployed.deploy()
    assert roll_back(deployed) == "4.0.0"


# A release adds a field of a project: for each file, the line to add and the line that follows it.
BODY = "routes/bodies/project.py"
COLOUR = (
    ("models/project.py", "    development: Development | None = None\n", '    colour: str = ""\n'),
    (BODY, "    development: DevelopmentBody | None = None\n", '    colour: Line = ""\n'),
    (BODY, "            stage=self.stage,\n", "            colour=self.colour,\n"),
)


def add_colour(deployed: Deployment) -> None:
    for file, place, line in COLOUR:
        path = deployed.project / "chalicelib" / file
        text = path.read_text()
        assert text.count(place) == 1
        path.write_text(text.replace(place, line + place))


def test_a_rollback_keeps_what_a_newer_release_wrote(deployed: Deployment, user: Api) -> None:
    release(deployed, "6.0.0")
    add_colour(deployed)
    release(deployed, "7.0.0")
    headers = {**user.headers, "Content-Type": "application/json"}  # not in our contract
    made = user.send("POST", P, headers, b'{"name": "Painted", "colour": "green"}')
    assert (made.status, made.json["colour"]) == (201, "green")
    assert roll_back(deployed) == "6.0.0"
    read = deployed.api.get(f"{P}/painted")
    assert (read.status, "colour" in read.json) == (200, False)
    listed = deployed.api.get(f"{P}?q=painted").json["items"]
    assert [(one["id"], "colour" in one) for one in listed] == [("painted", False)]
    patched = user("PATCH", f"{P}/painted", {"stage": "development"}, if_match=read.etag)
    assert patched.status == 200
    release(deployed, "8.0.0")
    painted = user.send("GET", f"{P}/painted", dict(user.headers), b"").json
    assert (painted["colour"], painted["stage"]) == ("green", "development")


def test_a_request_leaves_its_line_in_the_lambdas_log(deployed: Deployment, user: Api) -> None:
    answer = user.get("/api/v1/me")
    logs = deployed.emulator.client("logs")
    events = logs.filter_log_events(logGroupName="/aws/lambda/landscape-api-dev")["events"]
    lines = [json.loads(e["message"]) for e in events if e["message"].startswith("{")]
    (line,) = (one for one in lines if one.get("request_id") == answer.headers["x-request-id"])
    assert (line["route"], line["status"]) == ("GET /api/v1/me", 200)
    assert line["caller"] == "tech-audit-tool"
    assert "@" not in json.dumps(lines)


def test_a_placeholder_stops_a_deploy_before_anything_is_made(deployment: Deployment) -> None:
    deployment.configure(DIGITAL_LANDSCAPE_CLIENT_IDS="CHANGE-ME")
    for command in (("deploy",), ("chalice", "deploy")):
        said = deployment.run(*command, "--stage", "dev", expect=1)
        assert "still CHANGE-ME: DIGITAL_LANDSCAPE_CLIENT_IDS" in said
    (deployment.project / ".python-version").write_text("3.12\n")
    assert "pins the Lambda's to 3.12" in deployment.deploy(expect=1)
    assert deployment.proxy.calls == []


def test_a_dry_run_changes_nothing_and_tells(deployed: Deployment, deployment: Deployment) -> None:
    assert "unchanged; nothing was changed" in deployed.deploy("--dry-run")
    said = deployment.deploy("--dry-run")
    assert "something is due" in said
    assert "gateway: after the API is created" in said
    assert "would allow this machine's address for ten minutes and request /health" in said
    assert all(READS.match(call) for call in deployment.proxy.calls)


def test_a_first_api_is_not_made_far_from_its_pools_by_mistake(deployment: Deployment) -> None:
    deployment.region = "eu-west-1"
    allow_access_logs(deployment.emulator, "eu-west-1")
    said = deployment.deploy(expect=1)
    assert "no REST API calls landscape-api-dev in eu-west-1" in said
    assert "--any-region" in said
