"""A stage's firewall on AWS: its names, its clients, and its present resources."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib.firewall.calls import NotYetError, Waf
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import SCOPE, Names
from chalicelib.firewall.sets import FoundSet, SetKey, find_sets
from chalicelib.stores.dynamodb.client import Client

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_wafv2.type_defs import TagTypeDef, WebACLTypeDef


def utc_now() -> datetime:
    return datetime.now(UTC)


def resource_name(arn: str) -> str:
    """The plain name of the API's stage or the load balancer with this ARN."""
    kind, *parts = arn.rpartition(":")[2].strip("/").split("/")
    if kind == "loadbalancer":
        return f"the load balancer {parts[1]}"
    return f"the API's stage {parts[0]}/{parts[2]}"


@dataclass(frozen=True)
class FoundAcl:
    """`settings` is the answer of get_web_acl. It contains the inserted header's value."""

    id: str
    arn: str
    lock_token: str
    settings: "WebACLTypeDef" = field(repr=False)


@dataclass(frozen=True)
class Place:
    """`resource_arn` is the protected resource: an API's stage, or a load balancer.

    `problem_types` is Stage.problem_types. `logs` is boto3's client of CloudWatch Logs. `ours` has
    the ARNs whose tags were already checked.
    """

    names: Names
    waf: Waf
    table: Client
    logs: "CloudWatchLogsClient"
    resource_arn: str
    problem_types: str
    now: Callable[[], datetime] = utc_now
    ours: set[str] = field(default_factory=set)

    def find_sets(self) -> dict[SetKey, FoundSet]:
        """Call it within Waf.until_done. Raises FirewallError if one has other tags."""
        found = find_sets(self.waf, self.names)
        for each in found.values():
            self._require_ours(each.arn, f"IP set {each.name}")
        return found

    def find_acl(self) -> FoundAcl | None:
        """Call it within Waf.until_done. Raises FirewallError if it has other tags."""
        for each in self.waf.pages("list_web_acls", "WebACLs", Scope=SCOPE):
            if each["Name"] == self.names.web_acl:
                self._require_ours(each["ARN"], f"web ACL {each['Name']}")
                answer = self.waf("get_web_acl", Name=each["Name"], Scope=SCOPE, Id=each["Id"])
                return FoundAcl(each["Id"], each["ARN"], answer["LockToken"], answer["WebACL"])
        return None

    def require_acl(self) -> FoundAcl:
        """Raises NotYetError: AWS WAF may not list a new web ACL yet."""
        found = self.find_acl()
        if found is None:
            raise NotYetError(f"the web ACL {self.names.web_acl} is not listed yet")
        return found

    def find_associated(self) -> "WebACLTypeDef | None":
        """The resource's web ACL, ours or not, with all its settings. Call it within Waf.until_done."""
        answer = self.waf("get_web_acl_for_resource", ResourceArn=self.resource_arn)
        found: WebACLTypeDef | None = answer.get("WebACL")
        return found

    @property
    def resource(self) -> str:
        """The plain name of the protected resource."""
        return resource_name(self.resource_arn)

    @property
    def tags(self) -> "list[TagTypeDef]":
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
                f"the {what} exists, and this command did not create it: it lacks the tags"
                f" {', '.join(missing)}. Rename or delete it. If it is yours, add these tags"
            )
        self.ours.add(arn)


def is_ours(place: Place, associated: "WebACLTypeDef | None") -> bool:
    """Whether it has our name. A name is unique, and find_acl has checked the tags of that web ACL."""
    return associated is not None and associated["Name"] == place.names.web_acl
