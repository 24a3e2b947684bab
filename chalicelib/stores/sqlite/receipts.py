"""The first answers to POSTs with an idempotency key."""

from sqlite3 import Connection

from chalicelib.errors import ReceiptExistsError
from chalicelib.stores.port import Receipt
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
    """Within the caller's transaction; drops what has expired. Raises ReceiptExistsError."""
    if receipt is None:
        return
    connection.execute("DELETE FROM receipts WHERE expires_at <= ?", (now,))
    kept = connection.execute(
        "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?)",
        (receipt.key, receipt.fingerprint, receipt.answer, receipt.expires_at),
    )
    if not kept.rowcount:
        raise ReceiptExistsError("The idempotency key has been used")
