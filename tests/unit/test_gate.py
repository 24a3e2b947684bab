"""The gate of the application: closed to requests that did not come through the firewall."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import pytest

from chalicelib.errors import ClosedError, FirewallSecretError, UnavailableError
from chalicelib.firewall.gate import (
    KEPT_SECONDS,
    REFRESH_SECONDS,
    REREAD_SECONDS,
    ROTATION_SECONDS,
    Gate,
)
from chalicelib.firewall.names import HEADER

A_BIT = 0.5  # seconds


class Table:
    """A gate over a table with `values`. `asked` counts the reads; `error` makes them fail."""

    def __init__(self, *values: str) -> None:
        self.values = values
        self.asked = 0
        self.error: Exception | None = None
        self.now = 1000.0
        self.gate = Gate(self.read, lambda: self.now)

    def read(self) -> tuple[str, ...]:
        self.asked += 1
        if self.error:
            raise self.error
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
    assert not any(table.admits("wrong", "right ", "", "rïght", "\ud800"))


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


def test_during_a_rotation_it_tells_who_comes_with_the_older_value() -> None:
    table = Table("old", "new")
    assert [table.gate.require({HEADER: value}) for value in ("old", "new")] == [True, False]
    assert Table("only").gate.require({HEADER: "only"}) is False


def test_a_value_that_left_the_table_dies_within_five_minutes_though_only_it_comes() -> None:
    table = Table("right")
    assert table.admits("right") == [True]
    table.values = ("other",)
    table.now += REFRESH_SECONDS - 1
    assert table.admits("right") == [True]
    table.now += 1
    assert table.admits("right", "other") == [False, True]
    assert table.asked == 2


@pytest.mark.parametrize("error", [UnavailableError("Not at the moment", 5), LookupError("pk")])
def test_where_the_table_cannot_be_read_nobody_gets_in(error: Exception) -> None:
    table = Table("right")
    table.error = error
    for _ in range(2):
        with pytest.raises(type(error)):
            table.lets_in("right")
    table.error = None
    assert table.admits("right") == [True]


@pytest.mark.parametrize("values", [("right",), ("right", "new")])
def test_a_known_value_survives_reads_that_fail_until_it_is_ten_minutes_old(
    values: tuple[str, ...],
) -> None:
    table = Table(*values)
    assert table.admits("right") == [True]
    table.error = UnavailableError("Not at the moment")
    table.now += REFRESH_SECONDS
    assert table.admits(*["right"] * 100) == [True] * 100
    table.now += REREAD_SECONDS
    assert table.admits("right") == [True]
    assert table.asked == 3
    table.now = 1000.0 + KEPT_SECONDS
    for _ in range(2):
        with pytest.raises(UnavailableError):
            table.lets_in("right")
    table.error = None
    assert table.admits("right") == [True]


def test_whether_a_value_is_wrong_is_not_said_while_the_table_cannot_be_read() -> None:
    table = Table("old")
    assert table.admits("old") == [True]
    table.values, table.error = ("new",), UnavailableError("Not at the moment")
    table.now += REREAD_SECONDS
    for _ in range(100):
        with pytest.raises(UnavailableError):
            table.lets_in("new")
    assert table.asked == 2
    table.error = None
    table.now += REREAD_SECONDS
    assert table.admits("new", "old") == [True, False]


def test_what_nobody_foresaw_lets_in_nobody_once_a_read_is_due() -> None:
    table = Table("right")
    assert table.admits("right") == [True]
    table.error = LookupError("pk")
    table.now += REFRESH_SECONDS
    for _ in range(2):
        with pytest.raises(LookupError):
            table.lets_in("right")


def test_a_spoilt_secret_ends_the_value_before_it_and_is_asked_for_once_in_ten_seconds() -> None:
    table = Table("right")
    assert table.admits("right") == [True]
    table.error = FirewallSecretError("spoilt")
    table.now += REFRESH_SECONDS
    for asked in (2, 3):
        for _ in range(100):
            with pytest.raises(FirewallSecretError, match="spoilt"):
                table.lets_in("right")
        assert table.asked == asked
        table.now += REREAD_SECONDS
    table.error = None
    assert table.admits("right") == [True]


class SlowTable(Table):
    """A table whose reads wait for `may_end`. `read_begun` is set when one starts."""

    def __init__(self, *values: str) -> None:
        super().__init__(*values)
        self.read_begun, self.may_end = Event(), Event()
        self.may_end.set()

    def read(self) -> tuple[str, ...]:
        values = super().read()
        self.read_begun.set()
        self.may_end.wait()
        return values


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def test_who_comes_during_a_read_is_judged_by_it(threads: ThreadPoolExecutor) -> None:
    """The values before the read neither admit nor refuse it."""
    table = SlowTable("old", "new")
    assert table.admits("old", "new") == [True, True]
    table.values = ("new", "newest")
    table.now += ROTATION_SECONDS
    table.read_begun.clear()
    table.may_end.clear()
    first = threads.submit(table.lets_in, "old")
    table.read_begun.wait()
    others = [threads.submit(table.lets_in, value) for value in ("old", "new", "newest")]
    done, _ = wait(others, A_BIT)
    table.may_end.set()
    assert not done
    assert [each.result() for each in (first, *others)] == [False, False, True, True]
    assert table.asked == 2


@pytest.mark.parametrize(
    ("seconds", "reader", "is_let_in"),
    [(REREAD_SECONDS, "wrong", False), (REFRESH_SECONDS, "right", True)],
)
def test_the_one_good_value_waits_for_no_read(
    threads: ThreadPoolExecutor, seconds: float, reader: str, is_let_in: bool
) -> None:
    """A slow table delays one request, and not all of them."""
    table = SlowTable("right")
    assert table.admits("right") == [True]
    table.now += seconds
    table.read_begun.clear()
    table.may_end.clear()
    reads = threads.submit(table.lets_in, reader)
    table.read_begun.wait()
    try:
        assert table.admits("right") == [True]
    finally:
        table.may_end.set()
    assert reads.result() is is_let_in
    assert table.asked == 2
