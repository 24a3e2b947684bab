"""Cursors: signed positions in a list, valid only for the list that made them."""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from chalicelib.errors import MalformedError
from chalicelib.models.page import Position

TAG_BYTES = 16


class Cursors:
    """`key` is called once, for the first cursor that is made or read."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._ask = key
        self._key: bytes | None = None

    def seal(self, position: Position, binding: str) -> str:
        """A cursor of [A-Za-z0-9_-]; `binding` is the list's filters and order."""
        payload = json.dumps(position, separators=(",", ":")).encode()
        return urlsafe_b64encode(self._tag(payload, binding) + payload).decode().rstrip("=")

    def open(self, cursor: str, binding: str) -> Position:
        """Raises MalformedError if `seal` did not make the cursor with the same binding."""
        try:
            sealed = urlsafe_b64decode(cursor.encode("ascii") + b"==")
        except (binascii.Error, ValueError):
            sealed = b""
        tag, payload = sealed[:TAG_BYTES], sealed[TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(payload, binding)):
            raise MalformedError(
                "The cursor is not of this list, its filters and its order: begin at the first page"
            )
        return tuple(json.loads(payload))

    def _tag(self, payload: bytes, binding: str) -> bytes:
        if self._key is None:
            self._key = self._ask()
        message = len(payload).to_bytes(4) + payload + binding.encode()
        return hmac.digest(self._key, message, "sha256")[:TAG_BYTES]
