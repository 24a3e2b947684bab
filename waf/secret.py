"""The value of the header that WAF inserts, and by which the application knows that WAF let a request in.

The table may hold two for as long as a rotation takes: the application accepts both.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.errors import FirewallSecretError
from chalicelib.firewall.errors import FirewallError
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.common import firewall_values_in
from chalicelib.stores.dynamodb.keys import FIREWALL_SECRET
from chalicelib.stores.dynamodb.transport import CallError

RANDOM_BYTES = 32
REFUSED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Secret:
    """`values`, oldest first, are in no repr; `version` 0 and no `changed_at` where there is none.

    A spoilt one, which the application does not take either, has no values. `stored` is the version
    as the table has it, whatever that is.
    """

    values: tuple[str, ...] = field(default=(), repr=False)
    version: int = 0
    changed_at: str = ""
    is_spoilt: bool = False
    stored: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)


def new_value() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def read(client: Client) -> Secret:
    """As it is now, spoilt or not. Raises stores' CallError, errors.UnavailableError."""
    item = client.get(FIREWALL_SECRET)
    if item is None:
        return Secret()
    stored, is_spoilt = item.get("version"), False
    try:
        values = firewall_values_in(item)
    except FirewallSecretError:
        values, is_spoilt = (), True
    changed_at = item.get("changed_at", {}).get("S", "")
    return Secret(values, _number(stored or {}), changed_at, is_spoilt, stored)


def _number(stored: Mapping[str, Any]) -> int:
    """Of a version; 0 where it is no whole number."""
    found = str(stored.get("N"))
    return int(found) if found.isdecimal() else 0


def write(client: Client, seen: Secret, values: tuple[str, ...], now: datetime) -> Secret:
    """Puts `values` in the place of what was `seen`, and gives what is there then.

    Raises FirewallError where somebody else changed it in between, errors.UnavailableError.
    """
    version = {"N": str(seen.version + 1)}
    changed_at = now.astimezone(UTC).isoformat()
    written = Secret(values, seen.version + 1, changed_at, stored=version)
    item = {
        **item_key(FIREWALL_SECRET),
        "values": {"S": json.dumps(values)},
        "version": version,
        "changed_at": {"S": written.changed_at},
    }
    try:
        client.call("PutItem", TableName=client.table, Item=item, **_unchanged(seen))
    except CallError as error:
        # A write whose answer was lost is repeated, and then refused by what it wrote itself.
        if error.code != REFUSED or read(client) != written:
            raise FirewallError(_why_not(error)) from None
    return written


def _unchanged(seen: Secret) -> dict[str, object]:
    if seen.stored is None:
        return {"ConditionExpression": "attribute_not_exists(version)"}
    return {
        "ConditionExpression": "version = :seen",
        "ExpressionAttributeValues": {":seen": seen.stored},
    }


def _why_not(error: CallError) -> str:
    if error.code == REFUSED:
        return "somebody else changed the header's value at the same moment: run the command again"
    return f"the table refused the header's value: {error.code}"
