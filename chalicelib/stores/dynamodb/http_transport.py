"""The transport by the standard library. Importing botocore would take most of a cold start."""

import json
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from chalicelib.deadline import seconds_left
from chalicelib.partitions import domain_of
from chalicelib.stores.dynamodb.connection import Answer, Connection, HungUp
from chalicelib.stores.dynamodb.sigv4 import Credentials, authorization
from chalicelib.stores.dynamodb.transport import (
    ERROR,
    CallError,
    ConnectionLost,
    failure,
    object_in,
)

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0  # for a whole call, connecting included
# These can be carried out twice without an effect.
READS = frozenset({"BatchGetItem", "GetItem", "Query"})


class HttpTransport:
    """Keeps connections open between calls. Thread-safe: a connection serves one call at a time."""

    def __init__(
        self,
        region: str,
        credentials: Credentials,
        endpoint: str = "",
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """`endpoint` is like `https://host` or `http://host:port`; AWS's in the region if empty."""
        self._idle: deque[Connection] = deque()
        url = urlsplit(endpoint or regional_endpoint(region))
        is_https = url.scheme == "https"
        self._host = url.netloc
        self._address = (url.hostname or "", url.port or (443 if is_https else 80))
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._region = region
        self._credentials = credentials
        self._trust = None
        if is_https:
            from chalicelib.stores.dynamodb.trust import Trust  # http:// does not need ssl

            self._trust = Trust()

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        try:
            body = _to_json(parameters).encode()
        except (TypeError, ValueError) as error:
            raise CallError("ParamValidationError") from error
        request = self._signed(operation, body) + body
        deadline = time.monotonic() + min(self._read_seconds, seconds_left())
        try:
            answer = self._exchange(operation, request, deadline)
        except OSError as error:
            raise ConnectionLost(type(error).__name__) from error
        return _understood(answer)

    def close(self) -> None:
        while (connection := self._taken()) is not None:
            connection.close()

    __del__ = close

    def _exchange(self, operation: str, request: bytes, deadline: float) -> Answer:
        """Sends the request over an open connection, or a new one.

        The server can close an open connection at that moment. A read is then sent once more. Other
        operations may have been carried out, so the caller repeats them.
        """
        connection = self._reusable()
        if connection is None:
            return self._ask(self._connect(deadline), request, deadline)
        if operation not in READS:
            return self._ask(connection, request, deadline)
        with suppress(ConnectionError, HungUp):
            return self._ask(connection, request, deadline)
        return self._ask(self._connect(deadline), request, deadline)

    def _reusable(self) -> Connection | None:
        while (connection := self._taken()) is not None:
            if connection.is_idle:
                return connection
            connection.close()
        return None

    def _taken(self) -> Connection | None:
        with suppress(IndexError):
            return self._idle.pop()
        return None

    def _connect(self, deadline: float) -> Connection:
        limits = (self._connect_seconds, deadline)
        if self._trust is None:
            return Connection(self._address, None, *limits)
        return self._trust.connect(lambda tls: Connection(self._address, tls, *limits))

    def _ask(self, connection: Connection, request: bytes, deadline: float) -> Answer:
        try:
            answer = connection.ask(request, deadline)
        except BaseException:
            connection.close()
            raise
        if answer.is_last:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def _signed(self, operation: str, body: bytes) -> bytes:
        headers = {
            "host": self._host,
            "content-type": "application/x-amz-json-1.0",
            "content-length": str(len(body)),
            "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        if self._credentials.session_token:
            headers["x-amz-security-token"] = self._credentials.session_token
        headers["authorization"] = authorization(
            headers, body, self._credentials, self._region, "dynamodb"
        )
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        return f"POST / HTTP/1.1\r\n{''.join(lines)}\r\n".encode()


def regional_endpoint(region: str) -> str:
    return f"https://dynamodb.{region}.{domain_of(region)}"


def _in_base64(value: object) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


_to_json = json.JSONEncoder(default=_in_base64, allow_nan=False, separators=(",", ":")).encode


def _from_base64(value: dict[str, Any]) -> dict[str, Any]:
    """Decodes a binary value. The value of an attribute called B is no text, and stays the same."""
    binary = value.get("B")
    return {"B": b64decode(binary)} if isinstance(binary, str) else value


def _understood(answer: Answer) -> dict[str, Any]:
    checksum = answer.headers.get(b"x-amz-crc32")
    if checksum is not None and checksum != str(crc32(answer.body)).encode():
        raise ConnectionLost("ChecksumError")
    if answer.status >= ERROR:
        raise _failure(answer)
    hook = _from_base64 if b'"B"' in answer.body else None  # it takes a third of the parsing time
    if b"x-amzn-requestid" not in answer.headers:
        raise ConnectionLost("not an answer from DynamoDB")  # it would look like an empty one
    return object_in(answer.body, hook)


def _failure(answer: Answer) -> CallError | ConnectionLost:
    document: Mapping[str, Any] = {}
    with suppress(ConnectionLost):  # a page of HTML has only a status
        document = object_in(answer.body)
    code = str(document.get("__type", answer.status)).rpartition("#")[2]
    return failure(answer.status, code, document.get("CancellationReasons", []))
