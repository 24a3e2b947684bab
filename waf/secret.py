"""The value of the header that WAF inserts, and by which the application knows that WAF let a request in.

The table may hold two for as long as a rotation takes: the application accepts both.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chalicelib.firewall.errors import FirewallError
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.keys import FIREWALL_SECRET
from chalicelib.stores.dynamodb.transport import CallError

RANDOM_BYTES = 32
REFUSED = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True)
class Secret:
    """`values`, oldest first, are in no repr; `version` 0 and no `changed_at` where there is none."""

    values: tuple[str, ...] = field(default=(), repr=False)
    version: int = 0
    changed_at: str = ""


def new_value() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def read(client: Client) -> Secret:
    """As it is now. Raises stores' CallError, errors.UnavailableError."""
    item = client.get(FIREWALL_SECRET)
    if item is None:
        return Secret()
    values = tuple(str(value) for value in json.loads(item["values"]["S"]))
    return Secret(values, int(item["version"]["N"]), item["changed_at"]["S"])


def write(client: Client, seen: Secret, values: tuple[str, ...], now: datetime) -> Secret:
    """Puts `values` in the place of what was `seen`, and gives what is there then.

    Raises FirewallError where somebody else changed it in between, errors.UnavailableError.
    """
    written = Secret(values, seen.version + 1, now.astimezone(UTC).isoformat())
    item = {
        **item_key(FIREWALL_SECRET),
        "values": {"S": json.dumps(values)},
        "version": {"N": str(written.version)},
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
    if not seen.version:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "version = :seen",
        "ExpressionAttributeValues": {":seen": {"N": str(seen.version)}},
    }


def _why_not(error: CallError) -> str:
    if error.code == REFUSED:
        return "somebody else changed the header's value at the same moment: run the command again"
    return f"the table refused the header's value: {error.code}"
