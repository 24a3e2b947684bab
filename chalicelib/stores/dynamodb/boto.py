"""DynamoDB by botocore, which is in Lambda's runtime; its own retries are off, client.py has them."""

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,
    HTTPClientError,
)
from botocore.parsers import ResponseParserError
from botocore.session import get_session

from chalicelib.stores.dynamodb.transport import CallError, ConnectionLost

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
SERVER_ERROR = 500
UNREADABLE = (ChecksumError, ConnectionError, HTTPClientError, ResponseParserError)


class BotoTransport:
    """Region, credentials and AWS_ENDPOINT_URL are the SDK's own settings. Thread-safe."""

    def __init__(
        self,
        region: str | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            # Only this mode tells of an answer with a wrong checksum where nothing is repeated.
            retries={"total_max_attempts": 1, "mode": "legacy"},
            region_name=region,
        )
        self._client = get_session().create_client("dynamodb", config=config)

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, xform_name(operation))(**parameters)
        except ClientError as error:
            raise _failure(error.response) from error
        except UNREADABLE as error:
            raise ConnectionLost(type(error).__name__) from error
        except BotoCoreError as error:
            raise CallError(type(error).__name__) from error
        if "RequestId" not in answer["ResponseMetadata"]:
            # botocore takes any 200 for an answer; this one would say that there is nothing.
            raise ConnectionLost("not an answer of DynamoDB")
        return answer


def _failure(response: Mapping[str, Any]) -> CallError | ConnectionLost:
    code = response["Error"]["Code"]
    if response["ResponseMetadata"]["HTTPStatusCode"] >= SERVER_ERROR:
        return ConnectionLost(code)  # AWS: such a write may or may not have been done
    reasons = [reason.get("Code", "None") for reason in response.get("CancellationReasons", [])]
    return CallError(code, reasons)
