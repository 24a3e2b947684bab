"""The first answers to POSTs with an idempotency key, and the number of writes of a caller today."""

import zlib
from datetime import datetime

from chalicelib.errors import QuotaExceededError, ReceiptExistsError
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Value, item_key
from chalicelib.stores.dynamodb.keys import quota_key, receipt_key
from chalicelib.stores.port import Quota, Receipt


class DynamoReceipts:
    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, key: str, now: str) -> Receipt | None:
        item = self._client.get(receipt_key(key))
        if item is None or item["expires_at"]["S"] <= now:  # TTL may delete it days later
            return None
        answer = zlib.decompress(item["answer"]["B"]).decode()
        return Receipt(key, item["fingerprint"]["S"], answer, item["expires_at"]["S"])


def keep_receipt(client: Client, receipt: Receipt | None, now: str) -> list[Action]:
    """The action that stores the receipt. It raises ReceiptExistsError if a valid one exists."""
    if receipt is None:
        return []
    item: Item = {
        **item_key(receipt_key(receipt.key)),
        "fingerprint": {"S": receipt.fingerprint},
        "answer": {"B": zlib.compress(receipt.answer.encode())},
        "expires_at": {"S": receipt.expires_at},
        "ttl": _ttl(receipt.expires_at),
    }
    write = client.put(item, "attribute_not_exists(pk) OR expires_at <= :now", now={"S": now})
    return [Action(write, lambda: ReceiptExistsError("The idempotency key has been used"))]


def use_quota(client: Client, quota: Quota | None) -> list[Action]:
    """The action that counts one more write. It raises QuotaExceededError at the limit."""
    if quota is None:
        return []
    write = client.update(
        quota_key(quota.key),
        "ADD n :one SET #ttl = :ttl",
        "attribute_not_exists(n) OR n < :most",
        one={"N": "1"},
        most={"N": str(quota.limit)},
        ttl=_ttl(quota.expires_at),
    )
    write["Update"]["ExpressionAttributeNames"] = {"#ttl": "ttl"}
    return [Action(write, lambda: QuotaExceededError("The quota of the day is used up"))]


def _ttl(expires_at: str) -> Value:
    return {"N": str(int(datetime.fromisoformat(expires_at).timestamp()))}
