"""A domain's record in Route 53: an alias to the name that API Gateway gave the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ops.domain.names import Domain, DomainError
from ops.steps import MISSING, Step

if TYPE_CHECKING:
    from types_boto3_apigateway.type_defs import DomainNameResponseTypeDef
    from types_boto3_route53.client import Route53Client
    from types_boto3_route53.literals import RRTypeType
    from types_boto3_route53.type_defs import (
        AliasTargetTypeDef,
        ChangeTypeDef,
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetTypeDef,
    )

# The types of record that lead a name somewhere. Others, like TXT, are not changed.
LEADING = ("A", "AAAA", "CNAME")
DUAL = "dualstack"


@dataclass(frozen=True)
class Zone:
    """The hosted zone `id`, and its records of the domain's name that have a type of LEADING."""

    route53: "Route53Client"
    id: str
    records: "Sequence[ResourceRecordSetOutputTypeDef]"


def find_zone(route53: "Route53Client", zone_id: str, name: str) -> Zone:
    """Raises DomainError if the zone is not found, or does not contain `name`."""
    try:
        zone = route53.get_hosted_zone(Id=zone_id)["HostedZone"]
    except (route53.exceptions.NoSuchHostedZone, route53.exceptions.InvalidInput):
        raise DomainError(
            f"there is no hosted zone {zone_id} in this account: `aws route53 list-hosted-zones`"
            " lists the ids. If your DNS is not in Route 53, leave out --zone"
        ) from None
    if not f".{name}.".endswith(f".{zone['Name']}"):
        raise DomainError(
            f"the hosted zone {zone_id} is {_plain(zone['Name'])}, which does not contain {name}:"
            " pass the id of another zone"
        )
    answer = route53.list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=name)
    found = [one for one in answer["ResourceRecordSets"] if _plain(one["Name"]) == name]
    return Zone(route53, zone_id, [one for one in found if one["Type"] in LEADING])


def record_step(zone: Zone, domain: Domain, addresses: str, *, replace: bool) -> Step:
    """Leads the name to the domain, with AAAA too if `addresses` is dualstack.

    Raises DomainError if it leads elsewhere.
    """
    kinds: list[RRTypeType] = ["A", "AAAA"] if addresses == DUAL else ["A"]
    others = _others(zone, domain)
    if others and not replace:
        raise DomainError(
            f"{domain.name} leads elsewhere in DNS: {_spelled(others)}. Ask its owner, then pass"
            " --replace"
        )
    if any("SetIdentifier" in one for one in others):
        raise DomainError(
            f"{domain.name} has records with a routing policy in {zone.id}: change them in Route 53"
            " by hand, and run the command again without --zone"
        )
    there = ", ".join(sorted(one["Type"] for one in zone.records))
    found = f"leads elsewhere: {_spelled(others)}" if others else there or MISSING

    def make() -> None:
        made = domain.gateway.get_domain_name(domainName=domain.name)
        unwanted = [one for one in zone.records if one["Type"] not in kinds]
        changes: list[ChangeTypeDef] = [
            {"Action": "DELETE", "ResourceRecordSet": one} for one in unwanted
        ]
        changes += [
            {"Action": "UPSERT", "ResourceRecordSet": alias(domain.name, kind, made)}
            for kind in kinds
        ]
        _change(zone, changes)

    return Step("record in DNS", found, ", ".join(kinds), make)


def alias(
    name: str, kind: "RRTypeType", domain: "DomainNameResponseTypeDef"
) -> "ResourceRecordSetTypeDef":
    """A record of `kind`; `domain` is as API Gateway describes it."""
    target: AliasTargetTypeDef = {
        "HostedZoneId": domain["regionalHostedZoneId"],
        "DNSName": domain["regionalDomainName"],
        "EvaluateTargetHealth": False,
    }
    return {"Name": name, "Type": kind, "AliasTarget": target}


def removal_step(zone: Zone, domain: Domain) -> tuple[Step, str]:
    """Deletes the records that lead to the domain; and a remark on those that lead elsewhere."""
    others = _others(zone, domain)
    ours = [one for one in zone.records if one not in others]
    changes: list[ChangeTypeDef] = [{"Action": "DELETE", "ResourceRecordSet": one} for one in ours]
    found = ", ".join(one["Type"] for one in ours) or "none"
    stays = f"the record {_spelled(others)} leads elsewhere, and stays" if others else ""
    return Step("record in DNS", found, "none", partial(_change, zone, changes)), stays


def _change(zone: Zone, changes: "Sequence[ChangeTypeDef]") -> None:
    zone.route53.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch={"Changes": changes})


def _others(zone: Zone, domain: Domain) -> "list[ResourceRecordSetOutputTypeDef]":
    """The records that lead elsewhere."""
    return [one for one in zone.records if not domain.target or _leads_to(one) != [domain.target]]


def _leads_to(record: "ResourceRecordSetOutputTypeDef") -> list[str]:
    if "AliasTarget" in record:
        return [_plain(record["AliasTarget"]["DNSName"])]
    return [_plain(one["Value"]) for one in record.get("ResourceRecords", [])]


def _spelled(records: "Sequence[ResourceRecordSetOutputTypeDef]") -> str:
    return "; ".join(f"{one['Type']} {', '.join(_leads_to(one))}" for one in records)


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
