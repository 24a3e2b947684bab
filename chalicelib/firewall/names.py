"""The names of the firewall's resources on AWS: all derive from the application and its stage."""

from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["allow", "deny"]
# `servers` repeats the permanent entries of `allow`, which have a rate limit of their own.
SetKind = Literal["allow", "deny", "servers"]
Version = Literal["IPV4", "IPV6"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SET_KINDS: tuple[SetKind, ...] = get_args(SetKind)
VERSIONS: tuple[Version, ...] = get_args(Version)

SCOPE = "REGIONAL"
# WAF adds the prefix x-amzn-waf- to the name.
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
        """The tags that distinguish our resources from others with the same names."""
        return {"app": self.app, "stage": self.stage, "made-by": "waf/associate.py"}
