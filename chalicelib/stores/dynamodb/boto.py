"""The transport by botocore, which Lambda's runtime has. Its retries are off: client.py retries.

botocore's timeouts limit each wait on the socket, not the call: a call can outlast the deadline.
"""

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

from chalicelib.stores.dynamodb.transport import (
    ERROR,
    UNTRUSTED,
    CallError,
    ConnectionLost,
    failure,
    object_in,
)

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0
UNREADABLE = (ChecksumError, ConnectionError, HTTPClientError, ResponseParserError)
# botocore's parser raises these where a value has another type than its model says.
ILL_FORMED = (AttributeError, RecursionError, TypeError, ValueError)


class BotoTransport:
    """The SDK's own settings apply: region, credentials, AWS_ENDPOINT_URL. Thread-safe."""

    def __init__(
        self,
        region: str | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            # Without retries, only this mode reports a wrong checksum.
            retries={"total_max_attempts": 1, "mode": "legacy"},
            region_name=region,
        )
        self._client = get_session().create_client("dynamodb", config=config)
        self._client.meta.events.register("before-parse.dynamodb", _check_body)

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        method = getattr(self._client, xform_name(operation))
        try:
            answer: dict[str, Any] = method(**parameters)
        except ClientError as error:
            raise _failure(error.response) from error
        except UNREADABLE as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):  # OpenSSL's text
                raise CallError(UNTRUSTED) from error
            raise ConnectionLost(type(error).__name__) from error
        except BotoCoreError as error:
            raise CallError(type(error).__name__) from error
        except ILL_FORMED as error:
            raise ConnectionLost("not an answer from DynamoDB") from error
        if "RequestId" not in answer["ResponseMetadata"]:
            # botocore accepts any 200. The answer would look like an empty one.
            raise ConnectionLost("not an answer from DynamoDB")
        return answer


def _check_body(response_dict: Mapping[str, Any], **_: object) -> None:
    """Raises ConnectionLost for a body that is no JSON; botocore would read it as an empty answer."""
    if response_dict["status_code"] < ERROR and "x-amz-crc32" not in response_dict["headers"]:
        object_in(response_dict["body"])


def _failure(response: Mapping[str, Any]) -> CallError | ConnectionLost:
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return failure(status, response["Error"]["Code"], response.get("CancellationReasons", []))
