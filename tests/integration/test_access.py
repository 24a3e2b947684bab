"""`landscape access` and its policies, at an emulated AWS that enforces policies.

The gateway itself answers here, so the tests show who is let in, not the application's answer. The
emulator has no callers of another account.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chalicelib.bootstrap import create_app
from chalicelib.models.caller import DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL
from chalicelib.services.access import RULES
from chalicelib.settings import Settings
from ops.gateway.responses import RESPONSES
from tests.api.test_routes import TABLE, concrete
from tests.support.api import Answer, local_environment, through_http
from tests.support.commands import invoke
from tests.support.emulator import REGION, Emulator, environment_at, write_stage

HERE = "arn:aws:iam::000000000000:role/"
ROLES = {TECH_AUDIT_TOOL: f"{HERE}audits", DIGITAL_LANDSCAPE: f"{HERE}radars"}
ELSEWHERE = "arn:aws:iam::210987654321:role/radars"


class Site:
    """An API with every route, answered by the gateway, on an emulated AWS that enforces policies."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.emulator = Emulator(place, enforces_policies=True).start()
        self.gateway = self.emulator.client("apigateway")
        self.api = self.gateway.create_rest_api(name="landscape-api")["id"]
        environment = local_environment(place, LANDSCAPE_STAGE="dev")
        root = self.gateway.get_resources(restApiId=self.api)["items"][0]["id"]
        self._resources: dict[str, str] = {"/": root}
        for path, methods in create_app(Settings.read(environment)).routes.items():
            for method in methods:
                self._put(path, method, "AWS_IAM" if path.startswith("/iam") else "NONE")
        for response in RESPONSES:
            settings = {k: v for k, v in response.settings().items() if v is not None}
            del settings["defaultResponse"]
            of = {"restApiId": self.api, "responseType": response.kind}
            self.gateway.put_gateway_response(**of, **settings)
        self.deploy()
        write_stage(place, "landscape-api", "landscape-dev", api_gateway_stage="dev")
        config = place / ".chalice/config.json"
        said = json.loads(config.read_text())
        said["stages"]["dev"]["environment_variables"] |= {
            "TECH_AUDIT_TOOL_ROLE_ARNS": ROLES[TECH_AUDIT_TOOL],
            "DIGITAL_LANDSCAPE_ROLE_ARNS": f"{ROLES[DIGITAL_LANDSCAPE]},{ELSEWHERE}",
        }
        config.write_text(json.dumps(said))

    def _put(self, path: str, method: str, kind: str) -> None:
        of = {"restApiId": self.api, "resourceId": self._resource(path), "httpMethod": method}
        self.gateway.put_method(**of, authorizationType=kind)
        template = {"application/json": '{"statusCode": 200}'}
        self.gateway.put_integration(**of, type="MOCK", requestTemplates=template)
        self.gateway.put_method_response(**of, statusCode="200")
        self.gateway.put_integration_response(**of, statusCode="200")

    def _resource(self, path: str) -> str:
        if path not in self._resources:
            outer, _, part = path.rpartition("/")
            of = {"restApiId": self.api, "parentId": self._resource(outer or "/")}
            self._resources[path] = self.gateway.create_resource(**of, pathPart=part)["id"]
        return self._resources[path]

    def deploy(self) -> None:
        self.gateway.create_deployment(restApiId=self.api, stageName="dev")

    def run(self, *options: str, expect: int = 0) -> str:
        """The output of `landscape access`, or its error if it fails."""
        there = environment_at(self.emulator.url)
        options = ("--stage", "dev", *options)
        done = invoke("access", *options, cwd=self.place, environment=there)
        assert done.returncode == expect, done.stderr
        return done.stderr if expect else done.stdout

    def session(self, name: str, policy: str) -> Credentials:
        """The credentials of a new role with this one policy."""
        iam, sts = self.emulator.client("iam"), self.emulator.client("sts")
        anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="call", PolicyDocument=policy)
        made = sts.assume_role(RoleArn=arn, RoleSessionName="nightly")["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def use_policy(self, policy: str) -> None:
        """Replaces the API's own policy. "" removes it."""
        change = {"op": "replace", "path": "/policy", "value": policy}
        self.gateway.update_rest_api(restApiId=self.api, patchOperations=[change])
        self.deploy()

    def call(self, method: str, path: str, credentials: Credentials | None = None) -> int:
        """The status of the answer."""
        return self.ask(method, path, credentials).status

    def ask(
        self, method: str, path: str, credentials: Credentials | None = None, **headers: str
    ) -> Answer:
        path = f"/_aws/execute-api/{self.api}/dev{path}"
        request = AWSRequest(method, f"{self.emulator.url}{path}", headers=headers, data=b"")
        if credentials:
            SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        send = through_http("127.0.0.1", self.emulator.port)
        return send(method, path, dict(request.headers.items()), b"")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("access"))
    yield made
    made.emulator.stop()


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("service", ROLES)
def test_with_the_printed_policy_a_role_gets_in_where_its_service_may(
    site: Site, service: str, read_only: bool
) -> None:
    only = ["--read-only"] if read_only else []
    printed = site.run("--role", ROLES[service], "--rest-api-id", site.api, *only)
    role = site.session(f"{service}-{read_only}", printed)
    for path, method, _, rule in TABLE:
        may = rule is None or service in RULES[rule].groups
        expected = 200 if may and (method == "GET" or not read_only) else 403
        assert site.call(method, f"/iam{concrete(path)}".rstrip("/"), role) == expected


def test_the_apis_own_policy_changes_nothing_for_everybody_else(site: Site) -> None:
    """A resource policy that omits the paths outside /iam would block them."""
    printed = site.run("--resource-policy")
    here = site.run("--role", ROLES[TECH_AUDIT_TOOL], "--rest-api-id", site.api)
    listed = site.session("of-this-account", here)
    of_another = site.session("of-another-api", here.replace(site.api, "another"))
    try:
        site.use_policy(printed.replace('"*"', f'"{ELSEWHERE}"'))
        assert site.call("GET", "/health") == 403
        site.use_policy(printed)
        for path, method, *_ in TABLE:
            assert site.call(method, concrete(path)) == 200
            assert site.call("OPTIONS", concrete(path)) == 200
            assert site.call(method, f"/iam{concrete(path)}".rstrip("/")) == 404
        assert site.call("GET", "/iam/health", listed) == 200
        assert site.call("GET", "/iam/health", of_another) == 403
    finally:
        site.use_policy("")


def test_the_gateway_tells_what_is_wrong_with_a_signature(site: Site) -> None:
    printed = site.run("--role", ROLES[TECH_AUDIT_TOOL], "--rest-api-id", site.api)
    known = site.session("who-signs", printed)
    forged = Credentials(known.access_key, "another", known.token)
    answers = (
        ("not-found", "needs a signature", site.ask("GET", "/iam/health")),
        ("not-found", "signature is wrong", site.ask("GET", "/iam/health", forged)),
        ("refused", "signature", site.ask("GET", "/iam/health", authorization="Bearer token")),
    )
    assert [answer.status for *_, answer in answers] == [404, 404, 403]
    for name, said, answer in answers:
        assert answer.json["type"] == f"urn:landscape-api:problem:{name}"
        assert said in answer.json["detail"]


def test_what_is_missing_is_named_with_its_cure(site: Site) -> None:
    unlisted = site.run("--role", f"{HERE}nobodys", "--rest-api-id", site.api, expect=1)
    assert unlisted.startswith(f"access: no service lists the role {HERE}nobodys: add it to ")
    not_deployed = site.run("--role", ROLES[TECH_AUDIT_TOOL], expect=1)
    assert "run `make deploy STAGE=dev` to create the API" in not_deployed
    another = site.run("--role", ROLES[TECH_AUDIT_TOOL], "--rest-api-id", "none", expect=1)
    assert "there is no REST API none in this account and region" in another


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--read-only",),
        ("--role", "x", "--resource-policy"),
        ("--read-only", "--resource-policy"),
    ],
)
def test_one_policy_is_printed_at_a_time(site: Site, options: tuple[str, ...]) -> None:
    assert "pass --role" in site.run(*options, expect=2)
