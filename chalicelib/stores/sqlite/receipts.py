"""The first answers to POSTs with an idempotency key, and how many writes a caller has made."""

from sqlite3 import Connection

from chalicelib.errors import QuotaExceededError, ReceiptExistsError
from chalicelib.stores.port import Quota, Receipt
from chalicelib.stores.sqlite.database import Database


class SqliteReceipts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, now: str) -> Receipt | None:
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT key, fingerprint, answer, expires_at FROM receipts"
                " WHERE key = ? AND expires_at > ?",
                (key, now),
            ).fetchone()
        return row and Receipt(*row)


def keep_receipt(connection: Connection, receipt: Receipt | None, now: str) -> None:
    """Inside the caller's transaction. Deletes expired receipts. Raises ReceiptExistsError."""
    if receipt is None:
        return
    connection.execute("DELETE FROM receipts WHERE expires_at <= ?", (now,))
    kept = connection.execute(
        "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?)",
        (receipt.key, receipt.fingerprint, receipt.answer, receipt.expires_at),
    )
    if not kept.rowcount:
        raise ReceiptExistsError("The idempotency key has been used")


def use_quota(connection: Connection, quota: Quota | None, now: str) -> None:
    """Inside the caller's transaction. Deletes expired quotas. Raises QuotaExceededError."""
    if quota is None:
        return
    connection.execute("DELETE FROM quotas WHERE expires_at <= ?", (now,))
    connection.execute(
        "INSERT OR IGNORE INTO quotas VALUES (?, 0, ?)", (quota.key, quota.expires_at)
    )
    counted = connection.execute(
        "UPDATE quotas SET used = used + 1 WHERE key = ? AND used < ?", (quota.key, quota.limit)
    )
    if not counted.rowcount:
        raise QuotaExceededError("The quota of the day is used up")
