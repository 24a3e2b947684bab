"""The application's own door: shut to what the firewall did not let in."""

import pytest

from chalicelib.errors import ClosedError, UnavailableError
from chalicelib.firewall.gate import REREAD_SECONDS, ROTATION_SECONDS, Gate
from chalicelib.firewall.names import HEADER


class Table:
    """The values as the table has them, and how often it was asked."""

    def __init__(self, *values: str) -> None:
        self.values = values
        self.asked = 0
        self.now = 1000.0
        self.gate = Gate(self.read, lambda: self.now)

    def read(self) -> tuple[str, ...]:
        self.asked += 1
        return self.values

    def admits(self, *values: str) -> list[bool]:
        return [self.lets_in(value) for value in values]

    def lets_in(self, value: str) -> bool:
        try:
            self.gate.require({HEADER: value})
        except ClosedError:
            return False
        return True


def test_only_the_firewalls_value_opens_and_the_table_is_asked_once() -> None:
    table = Table("right")
    assert table.admits("right", "right") == [True, True]
    assert table.asked == 1
    assert not any(table.admits("wrong", "right ", "", "rïght"))


def test_without_the_header_the_table_is_not_even_asked() -> None:
    table = Table("right")
    with pytest.raises(ClosedError, match="without the firewall's header"):
        table.gate.require({})
    assert table.asked == 0


def test_before_there_is_a_firewall_nothing_opens_not_even_an_empty_value() -> None:
    table = Table()
    assert not any(table.admits("", "anything"))
    with pytest.raises(ClosedError, match="before there is a firewall"):
        table.gate.require({HEADER: "anything"})


def test_any_number_of_wrong_values_asks_the_table_once_in_ten_seconds() -> None:
    table = Table("right")
    for asked in (1, 2):
        assert not any(table.admits(*["wrong"] * 100))
        assert table.asked == asked
        table.now += REREAD_SECONDS


def test_a_rotation_opens_to_the_new_value_at_once_and_shuts_to_the_old_within_a_minute() -> None:
    table = Table("old")
    assert table.admits("old") == [True]
    table.values = ("old", "new")
    table.now += REREAD_SECONDS
    assert table.admits("new", "old") == [True, True]
    table.values = ("new",)
    table.now += ROTATION_SECONDS
    assert table.admits("new", "old") == [True, False]


def test_where_the_table_cannot_be_read_nobody_gets_in() -> None:
    def unreadable() -> tuple[str, ...]:
        raise UnavailableError("The database does not answer", 5)

    gate = Gate(unreadable)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            gate.require({HEADER: "anything"})
