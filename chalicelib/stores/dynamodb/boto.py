"""DynamoDB by botocore, which is in Lambda's runtime; its own retries are off, client.py has them."""

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from botocore.session import get_session

from chalicelib.stores.dynamodb.client import CallError, ConnectionLost

CONNECT_SECONDS = 2.0
READ_SECONDS = 5.0


class BotoTransport:
    """Region, credentials and AWS_ENDPOINT_URL are the SDK's own settings. Thread-safe."""

    def __init__(self, region: str | None = None) -> None:
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1},
            region_name=region,
        )
        self._client = get_session().create_client("dynamodb", config=config)

    def __call__(self, operation: str, parameters: Mapping[str, Any], /) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, xform_name(operation))(**parameters)
            return answer
        except ClientError as error:
            reasons = error.response.get("CancellationReasons", [])
            codes = [reason.get("Code", "None") for reason in reasons]
            raise CallError(error.response["Error"]["Code"], codes) from error
        except (ConnectionError, HTTPClientError) as error:
            raise ConnectionLost(type(error).__name__) from error
