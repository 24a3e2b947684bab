"""The stores that the contract is tested on. A new implementation needs an entry here."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path

import boto3

from chalicelib.stores.dynamodb import DynamoStore
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.http_transport import HttpTransport
from chalicelib.stores.dynamodb.sigv4 import Credentials
from chalicelib.stores.dynamodb.transport import Transport
from chalicelib.stores.port import Store
from chalicelib.stores.sqlite import SqliteStore
from ops.table.create import create_table
from tests.support.strict_dynamodb import Strict


def open_http(**seconds: float) -> HttpTransport:
    """Connects to the AWS in the environment, as BotoTransport does by itself."""
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    region, endpoint = os.environ["AWS_DEFAULT_REGION"], os.environ["AWS_ENDPOINT_URL"]
    return HttpTransport(region, credentials, endpoint, **seconds)


# All transports to DynamoDB.
TRANSPORTS: Mapping[str, Callable[..., Transport]] = {"http": open_http, "boto3": BotoTransport}


def open_sqlite(place: Path) -> Store:
    return SqliteStore(place / "landscape.db")


def open_dynamodb(transport: str, place: Path) -> Store:
    """A table for each place, in the AWS of the environment: see `emulated`."""
    name = f"landscape-{sha256(str(place).encode()).hexdigest()[:24]}"
    client = boto3.client("dynamodb")
    with suppress(client.exceptions.ResourceInUseException):  # the table exists
        create_table(client, name, "test")
    return DynamoStore(Strict(TRANSPORTS[transport]()), name)


def emulated(url: str) -> dict[str, str]:
    """The environment that opens a table in the emulated AWS at `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
    }


# Opens the store at a place, from any process and repeatedly. A new place has an empty store.
OPENERS: Mapping[str, Callable[[Path], Store]] = {
    "sqlite": open_sqlite,
    **{f"dynamodb-{name}": partial(open_dynamodb, name) for name in TRANSPORTS},
}
