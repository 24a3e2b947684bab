"""The inserted header's value in the table: concurrent changes are kept, and no output shows it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.firewall.errors import FirewallError
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.keys import FIREWALL_SECRET
from tests.support.emulator import Emulator
from tests.support.faults import Clock, Faulty, Tables, answer_lost, emulated_tables
from waf import secret

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OLD, NEW = "old" * 16, "new" * 16


@pytest.fixture
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.fixture
def client(tables: Tables) -> Client:
    return Client(tables.transport, tables.new())


def test_there_is_none_until_it_is_written(client: Client) -> None:
    assert secret.read(client) == secret.Secret((), 0, "")
    written = secret.write(client, secret.read(client), (OLD, NEW), NOW)
    assert secret.read(client) == written
    assert written == secret.Secret((OLD, NEW), 1, "2026-01-02T03:04:05+00:00")


def test_of_two_who_read_the_same_only_the_first_writes(client: Client) -> None:
    for first, second in ((OLD, NEW), (NEW, OLD)):
        seen = secret.read(client)
        secret.write(client, seen, (first,), NOW)
        with pytest.raises(FirewallError, match="somebody else changed the header's value"):
            secret.write(client, seen, (second,), NOW)
        assert secret.read(client).values == (first,)


def test_a_write_whose_answer_was_lost_is_done(tables: Tables) -> None:
    clock = Clock()
    table = tables.new()
    faulty = Faulty(tables.transport, {0: answer_lost})
    client = Client(faulty, table, clock, clock.sleep)
    written = secret.write(client, secret.Secret(), (NEW,), NOW)
    assert secret.read(client) == written


def test_values_are_random_and_fit_a_header() -> None:
    values = {secret.new_value() for _ in range(100)}
    assert len(values) == 100
    assert all(len(value) == 43 and value.isascii() for value in values)


def test_no_value_is_in_what_python_shows_of_it() -> None:
    assert "hidden" not in repr(secret.Secret(("hidden",), 1, ""))


@pytest.mark.parametrize("version", [{}, {"version": {"S": "seven"}}, {"version": {"N": "7"}}])
def test_of_two_who_replace_the_same_spoilt_secret_only_the_first_writes(
    client: Client, version: dict[str, Any]
) -> None:
    item = {**item_key(FIREWALL_SECRET), "values": {"S": '"abc"'}, **version}
    client.call("PutItem", TableName=client.table, Item=item)
    seen = secret.read(client)
    assert (seen.values, seen.is_invalid) == ((), True)
    assert secret.write(client, seen, (OLD,), NOW) == secret.read(client)
    with pytest.raises(FirewallError, match="somebody else changed the header's value"):
        secret.write(client, seen, (NEW,), NOW)
    assert secret.read(client).values == (OLD,)
