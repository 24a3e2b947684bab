"""The resources of a region's WAFv2, and its operations: one method each, with boto3's name."""

import ipaddress
from collections.abc import Collection, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.support.fake_waf_shapes import (
    MANAGED_GROUPS,
    Document,
    Versions,
    WafError,
    check_acl,
    check_addresses,
    check_logging,
    references,
    type_of_resource,
)

ACCOUNT = "000000000000"
HEAD = ("Name", "Scope", "Id", "LockToken", "Tags")  # members that an update does not replace


@dataclass
class Item:
    """An IP set or a web ACL. An update replaces `held`."""

    name: str
    arn: str
    id: str
    held: dict[str, Any]
    tags: list[dict[str, str]]
    lock_token: str = field(default_factory=lambda: str(uuid4()))

    @property
    def about(self) -> dict[str, str]:
        return {"Name": self.name, "Id": self.id, "ARN": self.arn}

    @property
    def summary(self) -> dict[str, str]:
        return {**self.about, "LockToken": self.lock_token}

    def replace(self, given: Document, **kept: Any) -> dict[str, Any]:
        """Replaces all of `held`: members that are not in `given` are lost."""
        self.held = content(given) | kept
        self.lock_token = str(uuid4())
        return {"NextLockToken": self.lock_token}


Items = dict[str, Item]  # by ARN


class Store:
    """The next `unavailable_calls` calls do not find a new resource or association that they need.

    The stage of every API exists. Load balancers exist if their ARN is in `load_balancers`.
    """

    def __init__(self, region: str, unavailable_calls: int, page_size: int) -> None:
        self.region = region
        self.unavailable_calls = unavailable_calls
        self.page_size = page_size
        self.ip_sets: Items = {}
        self.web_acls: Items = {}
        self.associations: dict[str, str] = {}
        self.load_balancers: set[str] = set()
        self.versions: Versions = MANAGED_GROUPS
        self.logging: dict[str, dict[str, Any]] = {}
        self.fresh: dict[str, int] = {}  # calls until it is found everywhere

    def create_ip_set(self, given: Document) -> dict[str, Any]:
        check_addresses(given["Addresses"], given["IPAddressVersion"])
        return self._create(self.ip_sets, "ipset", given)

    def get_ip_set(self, given: Document) -> dict[str, Any]:
        """Returns IPv6 with all its digits, in any spelling that it was given."""
        item = _find(self.ip_sets, given)
        written = [
            ipaddress.IPv6Network(each).exploded if ":" in each else each
            for each in item.held["Addresses"]
        ]
        held = {**item.held, "Addresses": written, **item.about}
        return {"IPSet": held, "LockToken": item.lock_token}

    def list_ip_sets(self, given: Document) -> dict[str, Any]:
        return self._page("IPSets", self.ip_sets, given)

    def update_ip_set(self, given: Document) -> dict[str, Any]:
        item = _locked(self.ip_sets, given)
        version = item.held["IPAddressVersion"]
        check_addresses(given["Addresses"], version)
        return item.replace(given, IPAddressVersion=version)

    def delete_ip_set(self, given: Document) -> dict[str, Any]:
        item = _locked(self.ip_sets, given)
        users = [acl.name for acl in self.web_acls.values() if item.arn in references(acl.held)]
        return _delete(self.ip_sets, item, users)

    def create_web_acl(self, given: Document) -> dict[str, Any]:
        self._check_acl(given)
        return self._create(self.web_acls, "webacl", given)

    def get_web_acl(self, given: Document) -> dict[str, Any]:
        item = _find(self.web_acls, given)
        return {"WebACL": self._shown(item), "LockToken": item.lock_token}

    def list_web_acls(self, given: Document) -> dict[str, Any]:
        return self._page("WebACLs", self.web_acls, given)

    def update_web_acl(self, given: Document) -> dict[str, Any]:
        item = _locked(self.web_acls, given)
        self._check_acl(given)
        return item.replace(given)

    def delete_web_acl(self, given: Document) -> dict[str, Any]:
        item = _locked(self.web_acls, given)
        users = [resource for resource, arn in self.associations.items() if arn == item.arn]
        return _delete(self.web_acls, item, users + [item.arn] * (item.arn in self.logging))

    def list_available_managed_rule_group_versions(self, given: Document) -> dict[str, Any]:
        if given["Name"] not in self.versions:
            raise missing(given["Name"])
        offered = self.versions[given["Name"]]
        names, more = self._cut(offered, given)
        default = {"CurrentDefaultVersion": offered[0]} if offered else {}
        return {"Versions": [{"Name": name} for name in names], **default, **more}

    def associate_web_acl(self, given: Document) -> dict[str, Any]:
        """Replaces another association without an error, as AWS does."""
        resource = self._resource(given)
        arn = self._acl(given["WebACLArn"]).arn
        self._demand_known([arn])
        if self.associations.get(resource) != arn:
            self.fresh[resource] = self.unavailable_calls
        self.associations[resource] = arn
        return {}

    def disassociate_web_acl(self, given: Document) -> dict[str, Any]:
        self.associations.pop(self._resource(given), None)
        return {}

    def get_web_acl_for_resource(self, given: Document) -> dict[str, Any]:
        resource = self._resource(given)
        if resource not in self.associations:
            return {}
        self._demand_known([resource])
        return {"WebACL": self._shown(self.web_acls[self.associations[resource]])}

    def list_resources_for_web_acl(self, given: Document) -> dict[str, Any]:
        """Lists the resources of one type, by default load balancers."""
        wanted = (
            given.get("ResourceType", "APPLICATION_LOAD_BALANCER"),
            self._acl(given["WebACLArn"]),
        )
        found = [
            resource
            for resource, arn in self.associations.items()
            if (type_of_resource(resource, self.region), self.web_acls[arn]) == wanted
        ]
        return {"ResourceArns": found}

    def list_tags_for_resource(self, given: Document) -> dict[str, Any]:
        arn = given["ResourceARN"]
        item = self.ip_sets[arn] if arn in self.ip_sets else self._acl(arn)
        tags = {tag["Key"]: tag for tag in item.tags}
        keys, more = self._cut(tags, given)
        listed = {"ResourceARN": arn, "TagList": [tags[key] for key in keys]}
        return {"TagInfoForResource": listed} | more

    def put_logging_configuration(self, given: Document) -> dict[str, Any]:
        wanted = given["LoggingConfiguration"]
        arn = self._acl(wanted["ResourceArn"]).arn
        check_logging(wanted)
        added = {"ManagedByFirewallManager": False, "LogType": "WAF_LOGS", "LogScope": "CUSTOMER"}
        self.logging[arn] = added | deepcopy(dict(wanted))
        return {"LoggingConfiguration": self.logging[arn]}

    def get_logging_configuration(self, given: Document) -> dict[str, Any]:
        if given["ResourceArn"] not in self.logging:
            raise missing(given["ResourceArn"])
        return {"LoggingConfiguration": self.logging[given["ResourceArn"]]}

    def delete_logging_configuration(self, given: Document) -> dict[str, Any]:
        self.get_logging_configuration(given)
        del self.logging[given["ResourceArn"]]
        return {}

    def _resource(self, given: Document) -> str:
        arn: str = given["ResourceArn"]
        kind = type_of_resource(arn, self.region)
        if kind == "APPLICATION_LOAD_BALANCER" and arn not in self.load_balancers:
            raise missing(arn)
        return arn

    def _acl(self, arn: str) -> Item:
        if arn not in self.web_acls:
            raise missing(arn)
        return self.web_acls[arn]

    def _check_acl(self, given: Document) -> None:
        check_acl(given, self.ip_sets, self.versions)
        self._demand_known(references(given))

    def _shown(self, item: Item) -> dict[str, Any]:
        """The item with the members that AWS adds."""
        label = f"awswaf:{ACCOUNT}:webacl:{item.name}:"
        return {"Capacity": 25, "LabelNamespace": label, **item.held, **item.about}

    def _create(self, items: Items, kind: str, given: Document) -> dict[str, Any]:
        name, new_id = given["Name"], str(uuid4())
        if any(item.name == name for item in items.values()):
            raise WafError("WAFDuplicateItemException", name)
        arn = f"arn:aws:wafv2:{self.region}:{ACCOUNT}:regional/{kind}/{name}/{new_id}"
        items[arn] = Item(name, arn, new_id, content(given), given.get("Tags", []))
        self.fresh[arn] = self.unavailable_calls
        return {"Summary": items[arn].summary}

    def _page(self, member: str, items: Items, given: Document) -> dict[str, Any]:
        by_name = {item.name: item.summary for item in items.values()}
        names, more = self._cut(by_name, given)
        return {member: [by_name[name] for name in names]} | more

    def _cut(self, keys: Iterable[str], given: Document) -> tuple[list[str], dict[str, str]]:
        """A page of keys. A full page has a NextMarker, even if it is the last."""
        size = min(given.get("Limit", 100), self.page_size)
        page = sorted(key for key in keys if key > given.get("NextMarker", ""))[:size]
        return page, ({"NextMarker": page[-1]} if len(page) == size else {})

    def _demand_known(self, arns: Collection[str]) -> None:
        for arn in sorted(arns):
            if self.fresh[arn]:
                self.fresh[arn] -= 1
                raise WafError("WAFUnavailableEntityException", arn)


def content(given: Document) -> dict[str, Any]:
    return deepcopy({key: value for key, value in given.items() if key not in HEAD})


def missing(what: object) -> WafError:
    return WafError("WAFNonexistentItemException", f"{what} does not exist")


def _find(items: Items, given: Document) -> Item:
    """The item with this name and this id."""
    wanted = (given.get("Name"), given.get("Id"))
    for item in items.values():
        if (item.name, item.id) == wanted:
            return item
    raise missing(wanted)


def _locked(items: Items, given: Document) -> Item:
    item = _find(items, given)
    if given["LockToken"] != item.lock_token:
        raise WafError("WAFOptimisticLockException", item.name)
    return item


def _delete(items: Items, item: Item, users: list[str]) -> dict[str, Any]:
    if users:
        raise WafError("WAFAssociatedItemException", f"{item.name} is used by {users}")
    del items[item.arn]
    return {}
