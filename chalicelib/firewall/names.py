"""What the firewall's parts are called on AWS: all derive from the application and its stage."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["allow", "deny"]
# The servers are the permanent entries of the allow list, once more: they have a rate limit of their own.
SetKind = Literal["allow", "deny", "servers"]
Version = Literal["IPV4", "IPV6"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SET_KINDS: tuple[SetKind, ...] = get_args(SetKind)
VERSIONS: tuple[Version, ...] = get_args(Version)

SCOPE = "REGIONAL"
# WAF puts x-amzn-waf- before the name that it is given.
INSERTED_HEADER = "landscape-key"
HEADER = f"x-amzn-waf-{INSERTED_HEADER}"


@dataclass(frozen=True, slots=True)
class Names:
    app: str
    stage: str

    @property
    def web_acl(self) -> str:
        return f"{self.app}-{self.stage}"

    def ip_set(self, kind: SetKind, version: Version) -> str:
        return f"{self.web_acl}-{kind}-{version.lower()}"

    @property
    def tags(self) -> dict[str, str]:
        """What tells our resources from others that happen to have their names."""
        return {"app": self.app, "stage": self.stage, "made-by": "waf/associate.py"}
