"""The first answers to POSTs with an idempotency key; DynamoDB's TTL takes them away in time."""

import zlib
from datetime import datetime

from chalicelib.errors import ReceiptExistsError
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client
from chalicelib.stores.dynamodb.keys import receipt_key
from chalicelib.stores.port import Receipt


class DynamoReceipts:
    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, key: str, now: str) -> Receipt | None:
        item = self._client.get(receipt_key(key))
        if item is None or item["expires_at"]["S"] <= now:  # TTL may take days
            return None
        answer = zlib.decompress(item["answer"]["B"]).decode()
        return Receipt(key, item["fingerprint"]["S"], answer, item["expires_at"]["S"])


def keep_receipt(client: Client, receipt: Receipt | None, now: str) -> list[Action]:
    """The action that keeps it, unless one that has not expired is there: ReceiptExistsError."""
    if receipt is None:
        return []
    partition, sort = receipt_key(receipt.key)
    item = {
        "pk": {"S": partition},
        "sk": {"S": sort},
        "fingerprint": {"S": receipt.fingerprint},
        # An answer can be three times as large as its record, and an item has 400 KB.
        "answer": {"B": zlib.compress(receipt.answer.encode())},
        "expires_at": {"S": receipt.expires_at},
        "ttl": {"N": str(int(datetime.fromisoformat(receipt.expires_at).timestamp()))},
    }
    write = client.put(item, "attribute_not_exists(pk) OR expires_at <= :now", now={"S": now})
    return [Action(write, lambda: ReceiptExistsError("The idempotency key has been used"))]


def refuse_known_receipt(client: Client, receipt: Receipt | None, now: str) -> None:
    """Raises ReceiptExistsError: the write was done, whatever else would speak against it now."""
    if receipt and DynamoReceipts(client).get(receipt.key, now):
        raise ReceiptExistsError("The idempotency key has been used")
