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

    def admits(self, value: str) -> bool:
        try:
            self.gate.check({HEADER: value})
        except ClosedError:
            return False
        return True


def test_only_the_firewalls_value_opens_and_the_table_is_asked_once() -> None:
    table = Table("right")
    assert table.admits("right")
    assert table.admits("right")
    assert table.asked == 1
    assert not table.admits("wrong")
    assert not table.admits("right ")
    assert not table.admits("")


def test_without_the_header_the_table_is_not_even_asked() -> None:
    table = Table("right")
    with pytest.raises(ClosedError, match="without the firewall's header"):
        table.gate.check({})
    assert table.asked == 0


def test_before_there_is_a_firewall_nothing_opens_not_even_an_empty_value() -> None:
    table = Table()
    assert not table.admits("")
    assert not table.admits("anything")
    with pytest.raises(ClosedError, match="before there is a firewall"):
        table.gate.check({HEADER: "anything"})


def test_values_that_are_no_ascii_are_refused_like_others() -> None:
    assert not Table("right").admits("rïght")


def test_any_number_of_wrong_values_asks_the_table_once_in_ten_seconds() -> None:
    table = Table("right")
    for _ in range(100):
        assert not table.admits("wrong")
    assert table.asked == 1
    table.now += REREAD_SECONDS
    for _ in range(100):
        assert not table.admits("wrong")
    assert table.asked == 2


def test_a_warm_environment_learns_of_a_rotation_with_the_first_new_value() -> None:
    table = Table("old")
    assert table.admits("old")
    table.values = ("old", "new")
    table.now += REREAD_SECONDS
    assert table.admits("new")
    assert table.admits("old")


def test_a_value_that_was_rotated_out_dies_within_a_minute() -> None:
    table = Table("old", "new")
    assert table.admits("new")
    table.values = ("new",)
    table.now += ROTATION_SECONDS
    assert table.admits("new")
    assert not table.admits("old")


def test_where_the_table_cannot_be_read_nobody_gets_in() -> None:
    def unreadable() -> tuple[str, ...]:
        raise UnavailableError("The database does not answer", 5)

    gate = Gate(unreadable)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            gate.check({HEADER: "anything"})
