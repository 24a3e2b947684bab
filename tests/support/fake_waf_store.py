"""What a region's WAFv2 keeps, and its operations upon it: one method each, named as boto3 names them."""

import ipaddress
import time
from collections.abc import Callable, Iterable
from typing import Any

from tests.support.fake_waf_acls import check_acl, references, with_defaults
from tests.support.fake_waf_items import (
    ACCOUNT,
    MOST_ITEMS,
    Item,
    Items,
    Propagation,
    content,
    missing,
)
from tests.support.fake_waf_shapes import (
    Document,
    check_addresses,
    check_logging,
    check_stage,
    invalid,
)


class Store:
    """`resources`: the ARNs of the stages that exist, or None for any; the other settings are FakeWaf's."""

    def __init__(self, resources: Iterable[str] | None = None, region: str = "eu-west-2") -> None:
        self.resources = None if resources is None else set(resources)
        self.region = region
        self.clock: Callable[[], float] = time.monotonic
        self.page_size = 2
        self.unavailable_for = 0.0
        self.unavailable_calls = 0
        self.ipv6_written_out = True
        self.ip_sets = Items("ipset", region)
        self.web_acls = Items("webacl", region)
        self.associations: dict[str, str] = {}
        self.logging: dict[str, dict[str, Any]] = {}
        self._propagation = Propagation()

    def create_ip_set(self, given: Document) -> dict[str, Any]:
        check_addresses(given["Addresses"], given["IPAddressVersion"])
        return self._created(self.ip_sets.create(given, {}))

    def get_ip_set(self, given: Document) -> dict[str, Any]:
        item = self.ip_sets.find(given)
        addresses = [self._written(address) for address in item.held["Addresses"]]
        held = item.held | {"Addresses": addresses} | item.about
        return {"IPSet": held, "LockToken": item.lock_token}

    def list_ip_sets(self, given: Document) -> dict[str, Any]:
        return self._page("IPSets", self.ip_sets, given)

    def update_ip_set(self, given: Document) -> dict[str, Any]:
        item = self.ip_sets.locked(given)
        check_addresses(given["Addresses"], item.held["IPAddressVersion"])
        return item.replace(given, {"IPAddressVersion": item.held["IPAddressVersion"]})

    def delete_ip_set(self, given: Document) -> dict[str, Any]:
        item = self.ip_sets.locked(given)
        users = [acl.name for acl in self.web_acls.values() if item.arn in references(acl.held)]
        return self.ip_sets.delete(item, users)

    def create_web_acl(self, given: Document) -> dict[str, Any]:
        return self._created(self.web_acls.create(given, self._checked(given)))

    def get_web_acl(self, given: Document) -> dict[str, Any]:
        if "ARN" in given and set(given) & {"Name", "Scope", "Id"}:
            raise invalid("WEB_ACL", given, "Either the ARN or name, scope and id.")
        item = self.acl(given["ARN"]) if "ARN" in given else self.web_acls.find(given)
        return {"WebACL": item.held | item.about, "LockToken": item.lock_token}

    def list_web_acls(self, given: Document) -> dict[str, Any]:
        return self._page("WebACLs", self.web_acls, given)

    def update_web_acl(self, given: Document) -> dict[str, Any]:
        item = self.web_acls.locked(given)
        return item.replace(given, self._checked(given))

    def delete_web_acl(self, given: Document) -> dict[str, Any]:
        item = self.web_acls.locked(given)
        users = [stage for stage, arn in self.associations.items() if arn == item.arn]
        return self.web_acls.delete(item, users + [item.arn] * (item.arn in self.logging))

    def associate_web_acl(self, given: Document) -> dict[str, Any]:
        """Silently instead of another one, as AWS does."""
        stage = self._stage(given["ResourceArn"])
        arn = self.acl(given["WebACLArn"]).arn
        self._demand_known([arn])
        if self.associations.get(stage) != arn:
            self._made(stage)
        self.associations[stage] = arn
        return {}

    def disassociate_web_acl(self, given: Document) -> dict[str, Any]:
        self.associations.pop(self._stage(given["ResourceArn"]), None)
        return {}

    def get_web_acl_for_resource(self, given: Document) -> dict[str, Any]:
        stage = self._stage(given["ResourceArn"])
        if stage not in self.associations:
            return {}
        self._demand_known([stage])
        item = self.web_acls[self.associations[stage]]
        return {"WebACL": item.held | item.about}

    def list_resources_for_web_acl(self, given: Document) -> dict[str, Any]:
        """Of one type, which is load balancers unless another is named."""
        arn = self.acl(given["WebACLArn"]).arn
        gateways = given.get("ResourceType") == "API_GATEWAY"
        stages = sorted(stage for stage, found in self.associations.items() if found == arn)
        return {"ResourceArns": stages if gateways else []}

    def tag_resource(self, given: Document) -> dict[str, Any]:
        self._any(given["ResourceARN"]).tag(given["Tags"])
        return {}

    def untag_resource(self, given: Document) -> dict[str, Any]:
        for key in given["TagKeys"]:
            self._any(given["ResourceARN"]).tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, given: Document) -> dict[str, Any]:
        tags = self._any(given["ResourceARN"]).tags
        keys, more = self._cut(tags, given)
        listed = [{"Key": key, "Value": tags[key]} for key in keys]
        return {
            "TagInfoForResource": {"ResourceARN": given["ResourceARN"], "TagList": listed}
        } | more

    def put_logging_configuration(self, given: Document) -> dict[str, Any]:
        wanted = given["LoggingConfiguration"]
        self.acl(wanted["ResourceArn"])
        check_logging(wanted)
        added = {"ManagedByFirewallManager": False, "LogType": "WAF_LOGS", "LogScope": "CUSTOMER"}
        self.logging[wanted["ResourceArn"]] = added | content(wanted)
        return {"LoggingConfiguration": self.logging[wanted["ResourceArn"]]}

    def get_logging_configuration(self, given: Document) -> dict[str, Any]:
        if given["ResourceArn"] not in self.logging:
            raise missing(given["ResourceArn"])
        return {"LoggingConfiguration": self.logging[given["ResourceArn"]]}

    def delete_logging_configuration(self, given: Document) -> dict[str, Any]:
        self.get_logging_configuration(given)
        del self.logging[given["ResourceArn"]]
        return {}

    def list_logging_configurations(self, given: Document) -> dict[str, Any]:
        arns, more = self._cut(self.logging, given)
        return {"LoggingConfigurations": [self.logging[arn] for arn in arns]} | more

    def acl(self, arn: str) -> Item:
        if arn not in self.web_acls:
            raise missing(arn)
        return self.web_acls[arn]

    def _created(self, item: Item) -> dict[str, Any]:
        self._made(item.arn)
        return {"Summary": item.summary}

    def _any(self, arn: str) -> Item:
        return self.ip_sets[arn] if arn in self.ip_sets else self.acl(arn)

    def _page(self, member: str, items: Items, given: Document) -> dict[str, Any]:
        by_name = {item.name: item.summary for item in items.values()}
        names, more = self._cut(by_name, given)
        return {member: [by_name[name] for name in names]} | more

    def _cut(self, keys: Iterable[str], given: Document) -> tuple[list[str], dict[str, str]]:
        """A full page has a NextMarker, even where nothing comes after it."""
        size = min(given.get("Limit", MOST_ITEMS), self.page_size)
        page = sorted(key for key in keys if key > given.get("NextMarker", ""))[:size]
        return page, ({"NextMarker": page[-1]} if len(page) == size else {})

    def _checked(self, given: Document) -> dict[str, Any]:
        """What AWS adds to an ACL that it takes."""
        capacity = check_acl(given, self.ip_sets)
        self._demand_known(references(given))
        return {
            "Capacity": capacity,
            "ManagedByFirewallManager": False,
            "LabelNamespace": f"awswaf:{ACCOUNT}:webacl:{given['Name']}:",
            "Rules": with_defaults(given.get("Rules", [])),
        }

    def _stage(self, arn: str) -> str:
        check_stage(arn, self.region)
        if self.resources is not None and arn not in self.resources:
            raise missing(arn)
        return arn

    def _made(self, arn: str) -> None:
        self._propagation.begin(arn, self.clock() + self.unavailable_for, self.unavailable_calls)

    def _demand_known(self, arns: Iterable[str]) -> None:
        self._propagation.demand(arns, self.clock)

    def _written(self, address: str) -> str:
        """WAF hands an IPv6 range back with all its digits, however it was given."""
        if ":" not in address or not self.ipv6_written_out:
            return address
        return str(ipaddress.IPv6Network(address).exploded)
