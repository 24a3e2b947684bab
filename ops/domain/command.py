"""`landscape domain`: a name of one's own for a deployed stage.

The domain name in API Gateway, its mapping to the stage, and the record in DNS: made by Route 53
with --zone, printed without. Twice in a row it does nothing the second time. docs/domain.md says
how it is used. AWS credentials, region, profile and endpoint are the SDK's own settings.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

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


@dataclass(frozen=True)
class DomainOptions:
    """What an operator has chosen; "" keeps what there is."""

    certificate: str = ""
    zone: str = ""
    replace: bool = False


def require_api(gateway: Any, stage: Stage, rest_api_id: str) -> Api:
    """The stage's API, by Chalice's record or by what is on AWS. Raises OperatorError."""
    region = gateway.meta.region_name
    api_id = rest_api_id or choose_api(stage, apis_of(gateway, stage), region, adopt=True)
    if api_id is None:
        raise DomainError(
            f"no REST API calls {stage.full_name} in this account and region: make deploy"
            f" STAGE={stage.name} makes it, --rest-api-id names another"
        )
    return find_api(gateway, stage, api_id)


def put_up_steps(gateway: Any, domain: Domain, api: Api, options: DomainOptions) -> list[Step]:
    """Domain, mapping and record, in this order. Raises DomainError before anything is changed."""
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
    """Record, mapping and domain, in this order; and what stays, because it is another's."""
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
        stays.append("the record in DNS stays: take it away where it is kept, or say --zone")
    for path in domain.mappings.keys() - others.keys():
        take = partial(
            domain.gateway.delete_base_path_mapping, domainName=domain.name, basePath=path
        )
        steps.append(Step(f"mapping {path}", ours, MISSING, take))
    if others:
        led = ", ".join(f"{path} to {mapped}" for path, mapped in others.items())
        stays.append(f"{domain.name} leads to other APIs, and stays, with its record: {led}")
    else:
        delete = partial(domain.gateway.delete_domain_name, domainName=domain.name)
        steps.append(Step("domain name", "there" if domain.found else MISSING, MISSING, delete))
    return steps, stays


def carry_out(
    console: Console, domain: Domain, steps: Sequence[Step], *, looks_only: bool, yes: bool
) -> None:
    """Shows the plan, and carries it out. Asks first, unless it is `yes` beforehand."""
    console.show_plan(f"https://{domain.name}", steps)
    is_due = is_anything_due(steps)
    if is_due and not looks_only:
        what = ", ".join(step.what for step in steps if step.is_due)
        require_yes(f"Take away of {domain.name}: {what}?", yes=yes)
        console.carry_out(steps)
    console.say(NOTHING if not is_due else DUE_TEXT if looks_only else "done")


def tell(console: Console, domain: Domain, zone_id: str) -> None:
    """Where the API answers, and the record that somebody has to make."""
    found = domain.found or {}
    console.answer["url"] = f"https://{domain.name}"
    console.answer["record"] = {
        "name": domain.name,
        "target": domain.target,
        "target_zone": found.get("regionalHostedZoneId", ""),
    }
    if not domain.target:
        console.say("AWS names the target of the record in DNS once the domain is made.")
        return
    if found.get("domainNameStatus") in TAKES_TIME:
        console.say(f"AWS is still making {domain.name} ready; that takes a few minutes.")
    if zone_id:
        console.say(f"https://{domain.name} answers once DNS has the record.")
        return
    console.say(
        f"The record that DNS needs, unless it is there (--zone ZONE_ID makes it in Route 53):\n"
        f"  {domain.name}  CNAME  {domain.target}\n"
        f"or in Route 53 an alias to it, whose hosted zone is {found.get('regionalHostedZoneId')}."
    )


def main(  # noqa: PLR0913, PLR0917 - a command's options
    name: Annotated[str, typer.Argument(help="the domain name, like api.example.org")],
    stage: StageName,
    certificate: Annotated[
        str, typer.Option(metavar="ARN", help="of its certificate in ACM, in the API's region")
    ] = "",
    zone: Annotated[
        str, typer.Option(metavar="ZONE_ID", help="make the record in this zone of Route 53")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="take the place of another record or mapping")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="take away the record, the mapping and the domain")
    ] = False,
    yes: Yes = False,
    rest_api_id: Annotated[
        str, typer.Option(help="where CloudFormation or Terraform deployed the API")
    ] = "",
    dry_run: DryRun = False,
    status: Status = False,
    as_json: AsJson = False,
) -> None:
    """Give a deployed stage a domain name of your own."""
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
