"""The stage whose firewall is meant: what it is called, how AWS is asked, and what is there of ours."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.firewall.calls import NotYetError, Waf
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import SCOPE, Names
from chalicelib.firewall.sets import FoundSet, SetKey, find_sets
from chalicelib.stores.dynamodb.client import Client


def utc_now() -> datetime:
    return datetime.now(UTC)


def resource_name(arn: str) -> str:
    """In plain words: the stage of an API, or a load balancer, that has this ARN."""
    kind, *parts = arn.rpartition(":")[2].strip("/").split("/")
    if kind == "loadbalancer":
        return f"the load balancer {parts[1]}"
    return f"the API's stage {parts[0]}/{parts[2]}"


@dataclass(frozen=True)
class FoundAcl:
    """`settings` are as get_web_acl gives them; they hold the inserted header's value."""

    id: str
    arn: str
    lock_token: str
    settings: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Place:
    """`resource_arn` is what AWS WAF stands in front of: an API's stage, or a load balancer.

    `problem_types` are the stage's. `logs` is boto3's client of CloudWatch Logs; `ours` the ARNs
    that were found to have our tags.
    """

    names: Names
    waf: Waf
    table: Client
    logs: Any
    resource_arn: str
    problem_types: str
    now: Callable[[], datetime] = utc_now
    ours: set[str] = field(default_factory=set)

    def find_sets(self) -> dict[SetKey, FoundSet]:
        """To be called within Waf.until_done. Raises FirewallError where one is not ours."""
        found = find_sets(self.waf, self.names)
        for each in found.values():
            self._require_ours(each.arn, f"IP set {each.name}")
        return found

    def find_acl(self) -> FoundAcl | None:
        """To be called within Waf.until_done. Raises FirewallError where it is not ours."""
        for each in self.waf.pages("list_web_acls", "WebACLs", Scope=SCOPE):
            if each["Name"] == self.names.web_acl:
                self._require_ours(each["ARN"], f"web ACL {each['Name']}")
                answer = self.waf("get_web_acl", Name=each["Name"], Scope=SCOPE, Id=each["Id"])
                return FoundAcl(each["Id"], each["ARN"], answer["LockToken"], answer["WebACL"])
        return None

    def require_acl(self) -> FoundAcl:
        """Raises NotYetError: right after it was made it may not be listed."""
        found = self.find_acl()
        if found is None:
            raise NotYetError(f"the web ACL {self.names.web_acl} is not to be seen")
        return found

    def find_associated(self) -> dict[str, Any] | None:
        """The web ACL that the resource has at this moment, ours or not, with all its settings.

        To be called within Waf.until_done.
        """
        answer = self.waf("get_web_acl_for_resource", ResourceArn=self.resource_arn)
        found: dict[str, Any] | None = answer.get("WebACL")
        return found

    @property
    def resource(self) -> str:
        """Its name in plain words."""
        return resource_name(self.resource_arn)

    @property
    def tags(self) -> list[dict[str, str]]:
        return [{"Key": name, "Value": value} for name, value in self.names.tags.items()]

    def _require_ours(self, arn: str, what: str) -> None:
        if arn in self.ours:
            return
        found = self.waf.pages(
            "list_tags_for_resource", "TagInfoForResource.TagList", ResourceARN=arn
        )
        tags = {tag["Key"]: tag["Value"] for tag in found}
        missing = [f"{k}={v}" for k, v in self.names.tags.items() if tags.get(k) != v]
        if missing:
            raise FirewallError(
                f"the {what} is there, and this command did not make it: it lacks the tags"
                f" {', '.join(missing)}. Rename or delete it, or give it these tags if it is yours"
            )
        self.ours.add(arn)


def is_ours(place: Place, associated: dict[str, Any] | None) -> bool:
    """Whether it has our name; find_acl has seen to the tags of the only one that can have it."""
    return associated is not None and associated["Name"] == place.names.web_acl
