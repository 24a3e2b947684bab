"""Whom the organisation trusts to say who is calling: user pools, and IAM roles."""

from dataclasses import dataclass

from chalicelib.partitions import domain_of


@dataclass(frozen=True, slots=True)
class Pool:
    """A service's Cognito user pool, and the app clients whose tokens count.

    `hosted_ui` is the origin of the pool's sign-in pages, None where the page of the contract
    offers none.
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
        """What the pool's tokens say in `iss`."""
        return f"https://cognito-idp.{self.region}.{domain_of(self.region)}/{self.id}"


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role that speaks for a service."""

    service: str
    arn: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def key(self) -> tuple[str, str, str]:
        """Partition, account and name: all that a role has in common with the ARN of its sessions."""
        _, partition, _, _, account, _ = self.arn.split(":")
        return partition, account, self.name
