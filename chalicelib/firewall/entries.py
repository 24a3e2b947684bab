"""An entry: one range that is allowed or denied, with its owner and its expiry."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from chalicelib.firewall.cidrs import version_of
from chalicelib.firewall.names import Kind, Version
from chalicelib.services.clock import timestamp


@dataclass(frozen=True, slots=True)
class Entry:
    """`cidr` is in canonical spelling, times are RFC 3339 in UTC. Every write has a new `mark`."""

    kind: Kind
    cidr: str
    owner: str
    note: str
    created_at: str
    expires_at: str | None
    removed_at: str | None = None
    mark: str = field(default_factory=lambda: uuid4().hex, compare=False)

    @property
    def version(self) -> Version:
        return version_of(self.cidr)

    @property
    def is_permanent(self) -> bool:
        return self.expires_at is None

    @property
    def ends_at(self) -> str | None:
        """The time of its removal or expiry, past or future. None: never."""
        return min((at for at in (self.removed_at, self.expires_at) if at), default=None)

    def is_live(self, now: datetime) -> bool:
        return self.ends_at is None or (self.removed_at is None and self.ends_at > timestamp(now))
