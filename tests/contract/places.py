"""The stores that the contract is tested on: another implementation is one more entry here."""

from collections.abc import Callable, Mapping
from pathlib import Path

from chalicelib.stores.port import Store
from chalicelib.stores.sqlite import SqliteStore


def open_sqlite(place: Path) -> Store:
    return SqliteStore(place / "landscape.db")


# Opens the store that is at a place, in any process and again and again; a new place is an empty store.
OPENERS: Mapping[str, Callable[[Path], Store]] = {"sqlite": open_sqlite}
