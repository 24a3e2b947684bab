"""The trusted sources of a caller's identity: user pools and IAM roles."""

from dataclasses import dataclass

from chalicelib.partitions import domain_of


@dataclass(frozen=True, slots=True)
class Pool:
    """A service's Cognito user pool, and the app clients whose tokens are accepted.

    `hosted_ui` is the origin of the pool's sign-in pages; None if the contract's page offers none.
    """

    service: str
    arn: str
    client_ids: frozenset[str]
    hosted_ui: str | None = None

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def issuer(self) -> str:
        """The `iss` of the pool's tokens."""
        return f"https://cognito-idp.{self.region}.{domain_of(self.region)}/{self.id}"


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role that calls for a service."""

    service: str
    arn: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def key(self) -> tuple[str, str, str]:
        """Partition, account and name: the parts that the ARN of its sessions has too."""
        _, partition, _, _, account, _ = self.arn.split(":")
        return partition, account, self.name
