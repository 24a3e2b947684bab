"""`landscape domain`: its errors with their cures, what it replaces, and what it leaves unchanged.

tests/e2e/test_operators_day.py creates and deletes a domain. The emulator cannot change domain
names or mappings, and has one account. botocore's Stubber answers such calls.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.routes.contract import page_names
from chalicelib.settings import Settings
from ops.domain.certificate import check_certificate
from ops.domain.names import Domain, DomainError, domain_step, domains_of, mapping_step
from ops.gateway.api import Api as GatewayApi
from ops.gateway.api import find_api
from ops.stage import Stage
from tests.api.test_identity import Forger
from tests.integration.test_gateway import make_api
from tests.support.api import Answer, Api, P, event_at, in_lambda, lower, next_link
from tests.support.commands import invoke
from tests.support.emulator import REGION, Emulator, environment_at, write_stage
from tests.support.stubbed_aws import StubbedAws

CERTIFICATE = f"arn:aws:acm:{REGION}:000000000000:certificate/11111111-2222"
NAME = "api.example.org"
_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """A checkout whose stage dev is an API with the stage v1, and a hosted zone for its domain."""

    path: Path
    emulator: Emulator
    app: str
    api_id: str
    name: str
    zone: str
    certificate: str

    def client(self, service: str) -> Any:
        return self.emulator.client(service)

    def run(self, *options: str, expect: int = 0) -> str:
        """The output, or the error's one line if it fails."""
        where = ("--stage", "dev", "--rest-api-id", self.api_id)
        there = environment_at(self.emulator.url)
        done = invoke("domain", self.name, *where, *options, cwd=self.path, environment=there)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stderr if expect == 1 else done.stdout

    def make(self, *options: str) -> None:
        self.run("--certificate", self.certificate, *options)

    def record(self, **record: Any) -> None:
        changes = [{"Action": "UPSERT", "ResourceRecordSet": {"Name": self.name, **record}}]
        route53 = self.client("route53")
        route53.change_resource_record_sets(
            HostedZoneId=self.zone, ChangeBatch={"Changes": changes}
        )

    @property
    def records(self) -> dict[str, Any]:
        found = self.client("route53").list_resource_record_sets(HostedZoneId=self.zone)
        return {r["Type"]: r for r in found["ResourceRecordSets"] if r["Name"] == f"{self.name}."}

    @property
    def domains(self) -> list[str]:
        return [one["domainName"] for one in self.client("apigateway").get_domain_names()["items"]]


@pytest.fixture
def place(emulator: Emulator, tmp_path: Path) -> Place:
    app = f"domain-{os.getpid()}-{next(_numbers)}"
    name = f"api.{app}.example.org"
    write_stage(tmp_path, app, app, api_gateway_stage="v1")
    api_id = make_api(emulator.client("apigateway"), app)
    route53, acm = emulator.client("route53"), emulator.client("acm")
    zone = route53.create_hosted_zone(Name=f"{app}.example.org", CallerReference=app)
    certificate = acm.request_certificate(DomainName=name)["CertificateArn"]
    zone_id = zone["HostedZone"]["Id"].rpartition("/")[2]
    return Place(tmp_path, emulator, app, api_id, name, zone_id, certificate)


CNAME = {"Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": "old.example.net"}]}
TEXT = {"Type": "TXT", "TTL": 300, "ResourceRecords": [{"Value": '"of somebody"'}]}


def test_an_api_of_both_ip_versions_gets_a_domain_and_records_of_both(place: Place) -> None:
    both = {"types": ["REGIONAL"], "ipAddressType": "dualstack"}
    gateway = place.client("apigateway")
    api_id = gateway.create_rest_api(name="dual", endpointConfiguration=both)["id"]
    root = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
    of = {"restApiId": api_id, "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**of, authorizationType="NONE")
    gateway.put_integration(**of, type="MOCK")
    gateway.create_deployment(restApiId=api_id, stageName="v1")
    place.make("--zone", place.zone, "--rest-api-id", api_id)
    found = gateway.get_domain_name(domainName=place.name)
    assert found["endpointConfiguration"] == both
    assert found["securityPolicy"] == "TLS_1_2"
    assert set(place.records) == {"A", "AAAA"}
    stage = Stage.read("dev", place.path / ".chalice")
    assert domains_of(gateway, api_id, stage) == [place.name]
    assert domains_of(gateway, place.api_id, stage) == []
    told = place.run("--delete", "--dry-run", "--rest-api-id", api_id)
    assert "the record in DNS stays" in told


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("my-certificate", "is not the ARN of a certificate"),
        (CERTIFICATE.replace(REGION, "us-east-1"), f"Request one in {REGION}"),
        (CERTIFICATE, "there is no certificate"),
    ],
)
def test_a_certificate_that_cannot_serve_is_refused_before_anything_is_made(
    place: Place, arn: str, said: str
) -> None:
    assert said in place.run("--certificate", arn, expect=1)
    assert place.name not in place.domains


def test_a_certificate_for_other_names_is_refused_and_one_is_needed_at_first(place: Place) -> None:
    other = place.client("acm").request_certificate(DomainName="www.example.org")
    said = place.run("--certificate", other["CertificateArn"], expect=1)
    assert f"is for www.example.org and not for {place.name}" in said
    assert "pass --certificate ARN" in place.run(expect=1)
    assert place.name not in place.domains


def test_a_certificate_that_is_not_issued_names_the_record_that_acm_waits_for() -> None:
    aws = StubbedAws("acm")
    wanted = {"Name": "_x.example.org.", "Type": "CNAME", "Value": "_y.acm-validations.aws."}
    pending = {
        "DomainName": "*.example.org",
        "Status": "PENDING_VALIDATION",
        "DomainValidationOptions": [{"DomainName": "example.org", "ResourceRecord": wanted}],
    }
    aws.answers("describe_certificate", {"Certificate": pending})
    aws.answers("describe_certificate", {"Certificate": {**pending, "Status": "EXPIRED"}})
    aws.refuses("describe_certificate", "AccessDeniedException")
    with aws:
        with pytest.raises(DomainError, match=r"_x\.example\.org\. CNAME _y"):
            check_certificate(aws.clients[0], CERTIFICATE, NAME)
        with pytest.raises(DomainError, match="is EXPIRED: request another"):
            check_certificate(aws.clients[0], CERTIFICATE, NAME)
        (remark,) = check_certificate(aws.clients[0], CERTIFICATE, NAME)
        assert "acm:DescribeCertificate is not allowed" in remark


def test_a_record_that_leads_elsewhere_is_replaced_only_when_told_so(place: Place) -> None:
    place.record(**TEXT)
    place.record(**CNAME)
    said = place.run("--certificate", place.certificate, "--zone", place.zone, expect=1)
    assert "leads elsewhere in DNS: CNAME old.example.net" in said
    assert set(place.records) == {"CNAME", "TXT"}
    assert place.name not in place.domains
    place.make("--zone", place.zone, "--replace")
    assert set(place.records) == {"A", "TXT"}
    assert "nothing to change" in place.run("--zone", place.zone)


def test_records_with_a_routing_policy_are_left_to_their_owner(place: Place) -> None:
    place.record(**CNAME, SetIdentifier="blue", Weight=1)
    options = ("--certificate", place.certificate, "--zone", place.zone, "--replace")
    assert "routing policy" in place.run(*options, expect=1)


def test_a_zone_that_does_not_hold_the_name_is_refused(place: Place) -> None:
    route53 = place.client("route53")
    other = route53.create_hosted_zone(Name="example.net", CallerReference=f"{place.app}-net")
    zone = other["HostedZone"]["Id"].rpartition("/")[2]
    options = ("--certificate", place.certificate, "--zone")
    assert f"example.net, which does not contain {place.name}" in place.run(
        *options, zone, expect=1
    )
    assert "there is no hosted zone ZNONE" in place.run(*options, "ZNONE", expect=1)


def test_a_removal_leaves_what_leads_elsewhere(place: Place) -> None:
    place.make("--zone", place.zone)
    gateway = place.client("apigateway")
    gateway.create_base_path_mapping(
        domainName=place.name, basePath="old", restApiId="another", stage="v1"
    )
    said = place.run("--delete", "--yes", "--zone", place.zone)
    assert "and its record stay, because it leads to other APIs: old to another/v1" in said
    left = gateway.get_base_path_mappings(domainName=place.name)["items"]
    assert [one["basePath"] for one in left] == ["old"]
    assert set(place.records) == {"A"}
    gateway.delete_base_path_mapping(domainName=place.name, basePath="old")
    place.record(**{**place.records["A"], "AliasTarget": alias_to("elsewhere.example.net")})
    said = place.run("--delete", "--yes", "--zone", place.zone)
    assert "the record A elsewhere.example.net leads elsewhere, and stays" in said
    assert set(place.records) == {"A"}
    assert place.name not in place.domains


def alias_to(name: str) -> dict[str, Any]:
    return {"HostedZoneId": "Z1UJRXOUMOOFQ8", "DNSName": name, "EvaluateTargetHealth": False}


def test_an_api_or_a_name_that_is_not_there_says_what_helps(place: Place) -> None:
    where = {"cwd": place.path, "environment": environment_at(place.emulator.url)}
    done = invoke("domain", "no name", "--stage", "dev", **where)  # type: ignore[arg-type]
    assert "is not a domain name: use one like api.example.org" in done.stderr
    done = invoke("domain", place.name, "--stage", "dev", **where)  # type: ignore[arg-type]
    assert "run make deploy STAGE=dev, or name the API" in done.stderr
    told = json.loads(place.run("--certificate", place.certificate, "--dry-run", "--json"))
    assert (told["is_due"], told["url"]) == (True, f"https://{place.name}")


# --- calls that the emulator lacks


BY_IPV4: Any = {}  # an API without an IP address type


def of_aws(found: Any, mapped: str, aws: StubbedAws) -> Domain:
    mappings = {"(none)": mapped} if mapped else {}
    return Domain(aws.clients[0], NAME, aws.slept.append, found, mappings)


def test_an_old_policy_certificate_and_ip_address_type_are_brought_up_to_date() -> None:
    aws = StubbedAws("apigateway")
    found = {
        "securityPolicy": "TLS_1_0",
        "regionalCertificateArn": "old",
        "endpointConfiguration": {"types": ["REGIONAL"]},
    }
    expected = {
        "domainName": NAME,
        "patchOperations": [
            {"op": "replace", "path": "/securityPolicy", "value": "TLS_1_2"},
            {"op": "replace", "path": "/endpointConfiguration/ipAddressType", "value": "dualstack"},
            {"op": "replace", "path": "/regionalCertificateArn", "value": CERTIFICATE},
        ],
    }
    aws.refuses("update_domain_name", "TooManyRequestsException")
    aws.answers("update_domain_name", {}, expected)
    dual: Any = {"endpointConfiguration": {"ipAddressType": "dualstack"}}
    with aws:
        step = domain_step(of_aws(found, "", aws), CERTIFICATE, dual)
        assert step.is_due
        step.make()
    assert aws.slept == [10.0]
    strict = {**found, "securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}
    assert not domain_step(of_aws(strict, "", aws), "", BY_IPV4).is_due


def test_a_name_that_aws_has_elsewhere_says_whom_to_ask() -> None:
    aws = StubbedAws("apigateway")
    aws.refuses("create_domain_name", "ConflictException")
    aws.refuses("create_domain_name", "BadRequestException", "Certificate is not valid.")
    with aws:
        step = domain_step(of_aws(None, "", aws), CERTIFICATE, BY_IPV4)
        with pytest.raises(DomainError, match="in another account or region, or for CloudFront"):
            step.make()
        with pytest.raises(DomainError, match=r"not valid\. Check that the certificate is issued"):
            step.make()


def test_a_mapping_to_another_api_is_replaced_only_when_told_so(place: Place) -> None:
    stage = Stage.read("dev", place.path / ".chalice")
    api: GatewayApi = find_api(place.client("apigateway"), stage, place.api_id)
    aws = StubbedAws("apigateway")
    expected = {
        "domainName": NAME,
        "basePath": "(none)",
        "patchOperations": [
            {"op": "replace", "path": "/restApiId", "value": place.api_id},
            {"op": "replace", "path": "/stage", "value": "v1"},
        ],
    }
    aws.answers("update_base_path_mapping", {}, expected)
    with aws:
        domain = of_aws({}, "another/v1", aws)
        with pytest.raises(DomainError, match="leads to another API or stage: another/v1"):
            mapping_step(domain, api, replace=False)
        mapping_step(domain, api, replace=True).make()


# --- events that API Gateway sends the Lambda behind a domain


def test_links_cursors_and_the_page_are_those_of_the_domain(settings: Settings) -> None:
    """By AWS's documentation, the path has no stage. This was not tried on AWS."""
    inside = in_lambda(settings)
    app = create_app(inside)
    claims = {"claims": Forger(settings, "tech-audit-tool").claims()}

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        found = event_at(app, method, path, headers, body.decode())
        assert found, f"there is no {path}"
        found["headers"]["host"] = NAME
        about = {"domainName": NAME, "domainPrefix": "api", "stage": "dev", "authorizer": claims}
        found["requestContext"] |= about
        said = app(found, None)
        return Answer(said["statusCode"], lower(said["headers"]), said["body"].encode())

    api = Api(send, inside)
    assert api.get("/").json["links"]["radar"] == "/api/v1/radar"
    for name in ("First", "Second"):
        made = api("POST", P, {"name": name}, origin=f"https://{NAME}")
        assert (made.status, made.location) == (201, f"{P}/{name.lower()}")
    following = next_link(api.get(f"{P}?limit=1&sort=name")) or ""
    assert [one["id"] for one in api.get(following).json["items"]] == ["second"]
    assert api.get("/openapi.json").json["servers"][0]["url"] == "/"
    page = api.get("/docs").body.decode()
    assert 'data-base=""' in page  # page.js builds the sign-in's redirect URL from it
    assert f'"/docs/{page_names()["page.js"]}"' in page
    assert api.get("/docs/oauth2-redirect.html").status == 200
