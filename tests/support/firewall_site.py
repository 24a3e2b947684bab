"""A deployed stage for waf/associate.py: AWS is emulated, and its WAF is a strict fake."""

import json
import os
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.firewall.names import INSERTED_HEADER, Names
from ops.table.create import create_table
from tests.contract.places import emulated
from tests.support.commands import program_of
from tests.support.emulator import REGION, Emulator, write_stage
from tests.support.fake_waf import FakeWaf
from waf.associate import app

NOTHING = "nothing to change: the web ACL is associated"
SECRET = {"pk": {"S": "FIREWALL-SECRET"}, "sk": {"S": "."}}
# No call waits, and a run ends after 30 s.
AT_ONCE = ("--pace", "0", "--timeout", "30")
_numbers = count(1)


@dataclass(frozen=True)
class Site:
    """A checkout in `path`. Its stage dev is deployed as the REST API `api_id`."""

    path: Path
    names: Names
    table: str
    api_id: str
    emulator: Emulator
    waf: FakeWaf

    @property
    def arn(self) -> str:
        return f"arn:aws:apigateway:{REGION}::/restapis/{self.api_id}/stages/v1"

    @property
    def environment(self) -> dict[str, str]:
        urls = {**emulated(self.emulator.url), "AWS_ENDPOINT_URL_WAFV2": self.waf.url}
        return {**urls, "COLUMNS": "240", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the command as an operator does, without waits. A variable "" is not set."""
        variables = {**os.environ, **self.environment, **environment}
        return subprocess.run(
            self.command(*options),
            cwd=self.path,
            env={name: value for name, value in variables.items() if value},
            capture_output=True,
            text=True,
            check=False,
        )

    @staticmethod
    def command(*options: str) -> list[str]:
        return [*program_of("firewall"), "--stage", "dev", *AT_ONCE, *options]

    def call(self, *options: str, answers: str = "") -> Result:
        """Runs the command in this process."""
        with pytest.MonkeyPatch.context() as here:
            here.chdir(self.path)
            for name, value in self.environment.items():
                here.setenv(name, value)
            options = ("--stage", "dev", *AT_ONCE, *options)
            return CliRunner().invoke(app, options, input=answers, catch_exceptions=False)

    def put_up(self, *options: str) -> str:
        done = self.call(*options)
        assert done.exit_code == 0, done.output
        return done.stdout

    @property
    def dynamodb(self) -> Any:
        return self.emulator.client("dynamodb")

    @property
    def secrets(self) -> list[str]:
        """The header's values in the table, oldest first."""
        item = self.dynamodb.get_item(TableName=self.table, Key=SECRET, ConsistentRead=True)
        found: list[str] = json.loads(item["Item"]["values"]["S"]) if "Item" in item else []
        return found

    @property
    def acl(self) -> Any:
        """The stage's web ACL as WAF returns it, or None."""
        waf = self.waf.client()
        for each in pages(waf.list_web_acls, "WebACLs"):
            if each["Name"] == self.names.web_acl:
                of = {"Name": each["Name"], "Scope": "REGIONAL", "Id": each["Id"]}
                found: dict[str, Any] = waf.get_web_acl(**of)["WebACL"]
                return found
        return None

    @property
    def inserted(self) -> str | None:
        """The value that the web ACL inserts."""
        return inserted_by(self.acl) if self.acl else None

    @property
    def associated(self) -> str | None:
        """The name of the web ACL in front of the API's stage."""
        return self.in_front_of(self.arn)

    def in_front_of(self, arn: str) -> str | None:
        """The name of the web ACL in front of a resource."""
        found = self.waf.client().get_web_acl_for_resource(ResourceArn=arn).get("WebACL")
        return found["Name"] if found else None

    def add_load_balancer(self) -> str:
        """Creates a load balancer with the application's name. Returns its ARN."""
        elb = self.emulator.client("elbv2")
        (made,) = elb.create_load_balancer(Name=self.names.app)["LoadBalancers"]
        arn: str = made["LoadBalancerArn"]
        self.waf.load_balancers.add(arn)
        return arn

    def addresses(self) -> dict[str, set[str]]:
        """The addresses in each IP set, by its name."""
        waf = self.waf.client()
        of = {"Scope": "REGIONAL"}
        return {
            s["Name"]: set(waf.get_ip_set(Name=s["Name"], Id=s["Id"], **of)["IPSet"]["Addresses"])
            for s in pages(waf.list_ip_sets, "IPSets")
        }

    def list(self, kind: str, *cidrs: str, **more: str) -> None:
        """Adds permanent entries to the table only, as allowlist.py does before a set exists."""
        for cidr in cidrs:
            texts = {
                "pk": f"FIREWALL#{kind}",
                "sk": cidr,
                "created_at": "2026-01-01T00:00:00Z",
            } | more
            item = {name: {"S": text} for name, text in {**texts, "mark": cidr}.items()}
            self.dynamodb.put_item(TableName=self.table, Item=item)


def pages(operation: Any, member: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        answer = operation(Scope="REGIONAL", **more)
        found += answer[member]
        if not answer.get("NextMarker"):
            return found
        more = {"NextMarker": answer["NextMarker"]}


def inserted_by(acl: dict[str, Any]) -> str:
    """The value of the header that the ACL's allow rule inserts."""
    (allow,) = (rule for rule in acl["Rules"] if rule["Name"] == "allow")
    (header,) = allow["Action"]["Allow"]["CustomRequestHandling"]["InsertHeaders"]
    assert header["Name"] == INSERTED_HEADER
    value: str = header["Value"]
    return value


def make_site(emulator: Emulator, path: Path, waf: FakeWaf) -> Site:
    """A site with an API and an empty table, without a firewall."""
    app_name = f"firewall-{os.getpid()}-{next(_numbers)}"
    api_id = _make_api(emulator.client("apigateway"), app_name)
    create_table(emulator.client("dynamodb"), app_name, "test")
    directory = path / app_name / ".chalice"
    write_stage(directory.parent, app_name, app_name, api_gateway_stage="v1")
    (directory / "deployed").mkdir()
    deployed = {"resources": [{"resource_type": "rest_api", "rest_api_id": api_id}]}
    (directory / "deployed/dev.json").write_text(json.dumps(deployed))
    return Site(directory.parent, Names(app_name, "dev"), app_name, api_id, emulator, waf)


def _make_api(gateway: Any, name: str) -> str:
    api_id: str = gateway.create_rest_api(name=name)["id"]
    root = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
    of = {"restApiId": api_id, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**of, authorizationType="NONE")
    gateway.put_integration(**of, type="MOCK")
    gateway.create_deployment(restApiId=api_id, stageName="v1")
    return api_id
