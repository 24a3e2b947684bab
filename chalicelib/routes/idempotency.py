"""Idempotency-Key: a POST that is sent twice runs once, and has the same answer for 24 hours."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from chalice.app import Response

from chalicelib.errors import (
    MalformedError,
    ReceiptExistsError,
    ReceiptMismatchError,
    RegisterError,
)
from chalicelib.models.text import as_json
from chalicelib.routes.requests import Call
from chalicelib.services.clock import Clock, hours_after, timestamp
from chalicelib.stores.port import Receipt, ReceiptFor, ReceiptStore, no_receipt

HOURS = 24
KEY = re.compile(r"[\x21-\x7e]{1,255}")
T = TypeVar("T")


class Idempotency:
    def __init__(self, receipts: ReceiptStore, clock: Clock) -> None:
        self._receipts = receipts
        self._clock = clock

    def answer(
        self,
        call: Call,
        body: Mapping[str, object],
        make: Callable[[ReceiptFor[T]], T],
        respond: Callable[[T], Response],
    ) -> Response:
        """Makes a record and answers; for a used key, returns the first answer again.

        A key belongs to one caller and one path. Refusals are not stored.
        Raises MalformedError for a bad key, ReceiptMismatchError where the body differs.
        """
        request, caller = call.request, call.caller
        header = request.headers.get("idempotency-key")
        if header is None:
            return respond(make(no_receipt))
        if not KEY.fullmatch(header):
            raise MalformedError("Idempotency-Key must be 1 to 255 printable ASCII characters")
        place = [caller.service, caller.key, request.path, request.uri_params, header]
        key, fingerprint = _digest(place), _digest(body)
        answer = Response("")

        def receipt(record: T) -> Receipt:
            nonlocal answer
            answer = respond(record)
            expires_at = hours_after(self._clock(), HOURS)
            return Receipt(key, fingerprint, _packed(answer), expires_at)

        try:
            make(receipt)
        except RegisterError as refusal:  # a repeated request may be refused for any reason
            first = self._first(key, fingerprint)
            if first is None and isinstance(refusal, ReceiptExistsError):  # it expired just now
                return self.answer(call, body, make, respond)
            if first is None:
                raise
            return first
        return answer

    def _first(self, key: str, fingerprint: str) -> Response | None:
        receipt = self._receipts.get(key, timestamp(self._clock()))
        if receipt is None:
            return None
        if receipt.fingerprint != fingerprint:
            raise ReceiptMismatchError(
                "This Idempotency-Key was sent with another body before: use a new key"
            )
        return Response(**json.loads(receipt.answer))


def _packed(response: Response) -> str:
    return as_json(
        {
            "body": response.body,
            "headers": response.headers,
            "status_code": response.status_code,
        }
    )


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
