"""The value of the header that AWS WAF inserts. The application refuses a request without it.

During a rotation the table holds two values, and the application accepts both.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

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
    """`values` has the oldest first. Without an item, `version` is 0 and `changed_at` is empty.

    An invalid item has no values, and the application does not accept it. `stored` is the table's
    own form of the version, valid or not.
    """

    values: tuple[str, ...] = field(default=(), repr=False)
    version: int = 0
    changed_at: str = ""
    is_invalid: bool = False
    stored: Mapping[str, object] | None = field(default=None, repr=False, compare=False)


def new_value() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def read(client: Client) -> Secret:
    """The present item, valid or not. Raises stores' CallError, errors.UnavailableError."""
    item = client.get(FIREWALL_SECRET)
    if item is None:
        return Secret()
    stored, is_invalid = item.get("version"), False
    try:
        values = firewall_values_in(item)
    except FirewallSecretError:
        values, is_invalid = (), True
    changed_at = item.get("changed_at", {}).get("S", "")
    return Secret(values, _number(stored or {}), changed_at, is_invalid, stored)


def _number(stored: Mapping[str, object]) -> int:
    """The number of a version, or 0 if it is not a whole number."""
    found = str(stored.get("N"))
    return int(found) if found.isdecimal() else 0


def write(client: Client, seen: Secret, values: tuple[str, ...], now: datetime) -> Secret:
    """Replaces `seen` by `values`, and returns the written item.

    Raises FirewallError if somebody else changed it in between, errors.UnavailableError.
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
        # The client repeats a write whose answer was lost, and the first write makes the second fail.
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
    return f"the table refused the header's value: {error.code}. Compare your rights with --print-policy"
