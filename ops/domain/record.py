"""A domain's record in Route 53: an alias of the name that API Gateway gave the domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ops.domain.names import Domain, DomainError
from ops.steps import MISSING, Step

# What says where a name leads; a TXT beside them, for instance, is nobody's business here.
LEADING = ("A", "AAAA", "CNAME")
DUAL = "dualstack"


@dataclass(frozen=True)
class Zone:
    """The hosted zone `id`, and the records of the domain's name in it that say where it leads."""

    route53: Any
    id: str
    records: Sequence[dict[str, Any]]


def find_zone(route53: Any, zone_id: str, name: str) -> Zone:
    """Raises DomainError where there is no such zone, or it does not hold `name`."""
    try:
        zone = route53.get_hosted_zone(Id=zone_id)["HostedZone"]
    except (route53.exceptions.NoSuchHostedZone, route53.exceptions.InvalidInput):
        raise DomainError(
            f"there is no hosted zone {zone_id} in this account: `aws route53 list-hosted-zones`"
            " tells its id. Where DNS is elsewhere leave --zone out"
        ) from None
    if not f".{name}.".endswith(f".{zone['Name']}"):
        raise DomainError(
            f"the hosted zone {zone_id} is {_plain(zone['Name'])}, which does not hold {name}: say"
            " the id of another zone"
        )
    answer = route53.list_resource_record_sets(HostedZoneId=zone_id, StartRecordName=name)
    found = [one for one in answer["ResourceRecordSets"] if _plain(one["Name"]) == name]
    return Zone(route53, zone_id, [one for one in found if one["Type"] in LEADING])


def record_step(zone: Zone, domain: Domain, addresses: str, *, replace: bool) -> Step:
    """That the name leads to the domain, with AAAA too where `addresses` is dualstack.

    Raises DomainError where it leads elsewhere.
    """
    kinds = ["A", "AAAA"] if addresses == DUAL else ["A"]
    others = _others(zone, domain)
    if others and not replace:
        raise DomainError(
            f"{domain.name} leads elsewhere in DNS: {_spelled(others)}. Ask who needs that; --replace"
            " takes its place"
        )
    if any("SetIdentifier" in one for one in others):
        raise DomainError(
            f"{domain.name} has records with a routing policy in {zone.id}: change them in Route 53"
            " by hand, and run this again without --zone"
        )
    there = ", ".join(sorted(one["Type"] for one in zone.records))
    found = f"leads elsewhere: {_spelled(others)}" if others else there or MISSING

    def make() -> None:
        made = domain.gateway.get_domain_name(domainName=domain.name)
        unwanted = [one for one in zone.records if one["Type"] not in kinds]
        changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in unwanted]
        changes += [
            {"Action": "UPSERT", "ResourceRecordSet": alias(domain.name, kind, made)}
            for kind in kinds
        ]
        _change(zone, changes)

    return Step("record in DNS", found, ", ".join(kinds), make)


def alias(name: str, kind: str, domain: dict[str, Any]) -> dict[str, Any]:
    """A record of `kind`; `domain` is as API Gateway describes it."""
    target = {
        "HostedZoneId": domain["regionalHostedZoneId"],
        "DNSName": domain["regionalDomainName"],
        "EvaluateTargetHealth": False,
    }
    return {"Name": name, "Type": kind, "AliasTarget": target}


def removal_step(zone: Zone, domain: Domain) -> tuple[Step, str]:
    """That no record leads to the domain any more; and what stays, because it leads elsewhere."""
    others = _others(zone, domain)
    ours = [one for one in zone.records if one not in others]
    changes = [{"Action": "DELETE", "ResourceRecordSet": one} for one in ours]
    found = ", ".join(one["Type"] for one in ours) or "none"
    stays = f"the record {_spelled(others)} leads elsewhere, and stays" if others else ""
    return Step("record in DNS", found, "none", partial(_change, zone, changes)), stays


def _change(zone: Zone, changes: Sequence[dict[str, Any]]) -> None:
    batch = {"Changes": list(changes)}
    zone.route53.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch=batch)


def _others(zone: Zone, domain: Domain) -> list[dict[str, Any]]:
    """The records that lead elsewhere."""
    return [one for one in zone.records if not domain.target or _leads_to(one) != [domain.target]]


def _leads_to(record: dict[str, Any]) -> list[str]:
    if "AliasTarget" in record:
        return [_plain(record["AliasTarget"]["DNSName"])]
    return [_plain(one["Value"]) for one in record.get("ResourceRecords", [])]


def _spelled(records: Sequence[dict[str, Any]]) -> str:
    return "; ".join(f"{one['Type']} {', '.join(_leads_to(one))}" for one in records)


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
