"""What allowlist.py is asked for: its options, and what they mean."""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer

from chalicelib.firewall.align import LONGEST_RUN_SECONDS
from chalicelib.firewall.calls import Waf, waf_client
from chalicelib.firewall.entries import (
    Asked,
    Entry,
    EntryError,
    accept_all,
    duration,
    lines_of,
    plain,
)
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.names import Kind, Names
from chalicelib.services.clock import timestamp, utc_now
from chalicelib.settings import Settings, stage_environment
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from ops.stage import Stage
from waf.lists import Lists
from waf.my_address import my_addresses

Timeout = Annotated[
    float,
    typer.Option(
        min=1, max=LONGEST_RUN_SECONDS, help="seconds, after which a busy WAF is given up"
    ),
]
Pace = Annotated[float, typer.Option(min=0, hidden=True, help="multiplies every wait")]
Cidrs = Annotated[list[str] | None, typer.Argument(metavar="CIDR...", help="addresses or ranges")]
File = Annotated[Path | None, typer.Option(help="more of them, one a line; # begins a remark")]
Me = Annotated[bool, typer.Option("--me", help="the address that this machine is seen with")]
For = Annotated[str, typer.Option("--for", help="how long, like 30m, 12h or 7d")]
Permanent = Annotated[bool, typer.Option("--permanent", help="until it is taken out")]
Owner = Annotated[str, typer.Option(help="who answers for it; you, as AWS knows you, if left out")]
Note = Annotated[str, typer.Option(help="what it is for")]
Wide = Annotated[bool, typer.Option("--wide", help="take more than a /16, or for IPv6 a /32")]
Force = Annotated[bool, typer.Option("--force", help="take ranges that are for documentation")]
CheckIp = Annotated[str, typer.Option(help="whom --me asks")]


@dataclass(frozen=True)
class Asking:
    """What add and deny are asked for: which ranges, for how long, and on whose behalf."""

    cidrs: list[str] | None
    file: Path | None
    me: bool
    checkip_url: str
    lasts: str
    permanent: bool
    owner: str
    note: str
    wide: bool
    force: bool

    def entries(self, kind: Kind, now: datetime) -> tuple[list[Entry], list[str]]:
        """With remarks for the operator. Raises EntryError, and the SDK's errors."""
        expires_at = self._expires_at(now)
        note = plain(self.note, "note")
        asked, remarks = read_asked(self.cidrs, self.file), list[str]()
        if self.me:
            mine = my_addresses(self.checkip_url)
            asked += [Asked(address) for address in mine.addresses]
            remarks = mine.remarks
        if not asked:
            raise EntryError("say what is meant: addresses or ranges, --me, or --file")
        cidrs = accept_all(asked, wide=self.wide, force=self.force)
        owner = plain(self.owner or boto3.client("sts").get_caller_identity()["Arn"], "owner")
        created_at = timestamp(now)
        return [Entry(kind, each, owner, note, created_at, expires_at) for each in cidrs], remarks

    def _expires_at(self, now: datetime) -> str | None:
        if self.permanent and self.lasts:
            raise EntryError("--for and --permanent exclude each other")
        return timestamp(now + duration(self.lasts)) if self.lasts else None


def read_asked(cidrs: list[str] | None, file: Path | None) -> list[Asked]:
    """Raises EntryError where the file cannot be read."""
    asked = [Asked(cidr) for cidr in cidrs or []]
    if file is None:
        return asked
    try:
        return asked + lines_of(file.read_text(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise EntryError(f"{file} cannot be read: {type(error).__name__}") from None


def open_lists(stage: str, timeout: float, pace: float, *, dry_run: bool = False) -> Lists:
    """Raises StageError, SettingsError, and the SDK's errors."""
    found = Stage.read(stage)
    table = Settings.read(stage_environment(stage, os.environ)).table
    ledger = Ledger(Client(BotoTransport(), table))
    waf = Waf(waf_client(), timeout=timeout, pace=pace)
    return Lists(waf, Names(found.app, found.name), ledger, utc_now, dry_run)
