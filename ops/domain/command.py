"""`landscape domain`: gives a deployed stage a custom domain.

It creates the domain name in API Gateway, its mapping to the stage, and with --zone the record in
Route 53. Without --zone it prints the record. A second run changes nothing. docs/domain.md is its
manual. AWS credentials, region, profile and endpoint are the SDK's own settings.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import boto3
import typer

from ops.apis import apis_of, choose_api
from ops.console import (
    DUE,
    DUE_TEXT,
    NOTHING,
    AsJson,
    Console,
    DryRun,
    StageName,
    Status,
    Yes,
    require_yes,
)
from ops.domain.certificate import check_certificate
from ops.domain.names import (
    TAKES_TIME,
    Domain,
    DomainError,
    domain_step,
    find_domain,
    ip_address_type,
    mapping_step,
    require_name,
)
from ops.domain.record import find_zone, record_step, removal_step
from ops.gateway.api import Api, find_api
from ops.stage import Stage
from ops.steps import MISSING, Step, is_anything_due

if TYPE_CHECKING:
    from types_boto3_apigateway.client import APIGatewayClient


@dataclass(frozen=True)
class DomainOptions:
    """An operator's choices; "" keeps the present value."""

    certificate: str = ""
    zone: str = ""
    replace: bool = False


def require_api(gateway: "APIGatewayClient", stage: Stage, rest_api_id: str) -> Api:
    """The stage's API, from Chalice's record or from AWS. Raises OperatorError."""
    region = gateway.meta.region_name
    api_id = rest_api_id or choose_api(stage, apis_of(gateway, stage), region, adopt=True)
    if api_id is None:
        raise DomainError(
            f"no REST API calls {stage.full_name} in this account and region: run make deploy"
            f" STAGE={stage.name}, or name the API with --rest-api-id"
        )
    return find_api(gateway, stage, api_id)


def put_up_steps(
    gateway: "APIGatewayClient", domain: Domain, api: Api, options: DomainOptions
) -> list[Step]:
    """Domain, mapping and record, in this order. Raises DomainError before the first change."""
    described = gateway.get_rest_api(restApiId=api.id)
    steps = [
        domain_step(domain, options.certificate, described),
        mapping_step(domain, api, replace=options.replace),
    ]
    if options.zone:
        zone = find_zone(boto3.client("route53"), options.zone, domain.name)
        addresses = ip_address_type(described)
        steps.append(record_step(zone, domain, addresses, replace=options.replace))
    return steps


def removal_steps(domain: Domain, api: Api, zone_id: str) -> tuple[list[Step], list[str]]:
    """Record, mapping and domain, in this order; and a remark on each resource that stays."""
    steps: list[Step] = []
    stays: list[str] = []
    ours = f"{api.id}/{api.stage.gateway_stage}"
    others = {path: mapped for path, mapped in domain.mappings.items() if mapped != ours}
    if zone_id:
        zone = find_zone(boto3.client("route53"), zone_id, domain.name)
        step, staying = removal_step(zone, domain)
        steps += [] if others else [step]
        stays += [staying] if staying and not others else []
    elif domain.found and not others:
        stays.append("the record in DNS stays: delete it at your DNS provider, or pass --zone")
    for path in domain.mappings.keys() - others.keys():
        take = partial(
            domain.gateway.delete_base_path_mapping, domainName=domain.name, basePath=path
        )
        steps.append(Step(f"mapping {path}", ours, MISSING, take))
    if others:
        led = ", ".join(f"{path} to {mapped}" for path, mapped in others.items())
        stays.append(f"{domain.name} and its record stay, because it leads to other APIs: {led}")
    else:
        delete = partial(domain.gateway.delete_domain_name, domainName=domain.name)
        steps.append(Step("domain name", "there" if domain.found else MISSING, MISSING, delete))
    return steps, stays


def carry_out(
    console: Console, domain: Domain, steps: Sequence[Step], *, looks_only: bool, yes: bool
) -> None:
    """Shows the plan, and carries it out. Asks first, unless `yes`."""
    console.show_plan(f"https://{domain.name}", steps)
    is_due = is_anything_due(steps)
    if is_due and not looks_only:
        what = ", ".join(step.what for step in steps if step.is_due)
        require_yes(f"Delete these resources of {domain.name}: {what}?", yes=yes)
        console.carry_out(steps)
    console.say(NOTHING if not is_due else DUE_TEXT if looks_only else "done")


def tell(console: Console, domain: Domain, zone_id: str) -> None:
    """Prints the API's address, and the record that the operator must create in DNS."""
    found: Mapping[str, object] = domain.found or {}
    console.answer["url"] = f"https://{domain.name}"
    console.answer["record"] = {
        "name": domain.name,
        "target": domain.target,
        "target_zone": found.get("regionalHostedZoneId", ""),
    }
    if not domain.target:
        console.say("AWS names the target of the record in DNS when the domain is created.")
        return
    if found.get("domainNameStatus") in TAKES_TIME:
        console.say(f"AWS is still preparing {domain.name}. This takes a few minutes.")
    if zone_id:
        console.say(f"https://{domain.name} answers once DNS has the record.")
        return
    console.say(
        f"Create this record in DNS if it is missing (--zone ZONE_ID creates it in Route 53):\n"
        f"  {domain.name}  CNAME  {domain.target}\n"
        f"In Route 53 it can be an alias. Its hosted zone is {found.get('regionalHostedZoneId')}."
    )


def main(  # noqa: PLR0913, PLR0917 - a command's options
    name: Annotated[str, typer.Argument(help="the domain name, like api.example.org")],
    stage: StageName,
    certificate: Annotated[
        str, typer.Option(metavar="ARN", help="the certificate in ACM, in the API's region")
    ] = "",
    zone: Annotated[
        str, typer.Option(metavar="ZONE_ID", help="create the record in this zone of Route 53")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="replace a record or mapping that leads elsewhere")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="delete the record, the mapping and the domain")
    ] = False,
    yes: Yes = False,
    rest_api_id: Annotated[
        str, typer.Option(help="id of an API that CloudFormation or Terraform deployed")
    ] = "",
    dry_run: DryRun = False,
    status: Status = False,
    as_json: AsJson = False,
) -> None:
    """Give a deployed stage a custom domain."""
    console = Console("domain", as_json)
    with console.failures():
        name = require_name(name)
        options = DomainOptions(certificate, zone, replace)
        gateway = boto3.client("apigateway")
        api = require_api(gateway, Stage.read(stage), rest_api_id)
        domain = find_domain(gateway, name, time.sleep)
        remarks: list[str] = []
        if delete:
            steps, remarks = removal_steps(domain, api, zone)
        else:
            if certificate:
                remarks = check_certificate(boto3.client("acm"), certificate, name)
            steps = put_up_steps(gateway, domain, api, options)
        is_due, looks_only = is_anything_due(steps), dry_run or status
        carry_out(console, domain, steps, looks_only=looks_only, yes=yes or not delete)
        if not delete:
            tell(console, find_domain(gateway, name, time.sleep), zone)
        for remark in remarks:
            console.say(remark)
        console.end(is_due=is_due and looks_only, remarks=remarks)
        sys.exit(DUE if status and is_due else 0)
