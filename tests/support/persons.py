"""A register with many persons in each store, and all data of a store, read without its code."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.transport import Transport
from chalicelib.stores.port import Store
from chalicelib.stores.sqlite import SqliteStore
from tests.support.api import Api, P, T, through_test_client
from tests.support.emulator import Emulator
from tests.support.faults import Tables, emulated_tables

RITA, CARL, EVE = "Rita@persons.example", "carl@persons.example", "eve@persons.example"
PERSONS = (RITA, CARL, EVE)
KINDS = ("sqlite", "dynamodb")
DIRECTORATES = [
    {"id": 0, "name": "Digital", "colour": "#1f77b4", "default": True},
    {"id": 1, "name": "Census", "colour": "#1f77b5", "default": False},
]


@dataclass(frozen=True)
class Place:
    """`open` takes a wrapper of the transport, except for SQLite. `everything` is one text."""

    url: str
    open: Callable[..., Store]
    everything: Callable[[], str]


@contextmanager
def place_of(kind: str, path: Path, emulator: Callable[[], Emulator]) -> Iterator[Place]:
    if kind == "sqlite":
        file = path / "persons.db"
        yield Place(
            f"sqlite:///{file}", lambda: SqliteStore(file), lambda: _rows(SqliteStore(file))
        )
        return
    with emulated_tables(emulator()) as tables:
        name = tables.new()

        def open_table(wrap: Callable[[Transport], Transport] = lambda inner: inner) -> Store:
            return tables.open(name, wrap(tables.transport))

        yield Place(f"dynamodb://{name}", open_table, lambda: _items(tables, name))


def fill(store: Store, settings: Settings, moves: int = 60) -> None:
    """Adds contacts, authors, last writers, stored answers, a merge, and older moves."""
    api = Api(through_test_client(create_app(settings, store)), settings)
    rita, admin = api.reviewer(RITA), api.reviewer(EVE, "admin")
    carl, other = api.auditor(CARL), api.auditor(RITA.upper())
    admin("PUT", "/api/v1/directorates", {"directorates": DIRECTORATES}, if_match="*")
    for number, name in enumerate(("Go", "Golang", "Rust")):
        body = {"name": name, "quadrant": "languages", "ring": "adopt", "tags": ["data"]}
        assert rita("POST", T, body, idempotency_key=f"k{number}").status == 201
    for number in range(moves):
        ring = ("hold", "trial")[number % 2]
        mover = (rita, admin)[number % 3 == 0]
        assert mover("POST", f"{T}/go/moves", {"ring": ring}).status == 201
    census = {"ring": "trial", "directorate": 1}
    assert rita("POST", f"{T}/rust/moves", census, idempotency_key="m").status == 201
    uses = [{"technology": each, "category": "languages"} for each in ("Golang", "Rust", "Zig")]
    shared = {"programme": "Census", "stage": "development", "technologies": uses}
    contacts = [{"email": RITA, "roles": ["Editor"], "grade": "SEO"}]
    for name in ("Shared one", "Shared two"):
        new = {"name": name, "contacts": contacts, **shared}
        assert carl("POST", P, new, idempotency_key=name.replace(" ", "-")).status == 201
    assert other("PATCH", f"{P}/shared-two", {"description": "New"}, if_match="*").status == 200
    assert other("POST", P, {"name": "Alone", "programme": "Census"}).status == 201
    assert rita("POST", f"{T}/golang/merge", {"into": "go"}).json["left"] == 0


def _rows(store: SqliteStore) -> str:
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    with store.database.read() as connection:
        names = [name for (name,) in connection.execute(tables)]
        return "\n".join(
            str(row) for name in names for row in connection.execute(f"SELECT * FROM {name}")
        )


def _items(tables: Tables, name: str) -> str:
    return "\n".join(str(_unpacked(item)) for item in tables.items(name))


def _unpacked(value: Any) -> Any:
    """The value with its compressed parts as text."""
    if isinstance(value, dict):
        return {name: _unpacked(each) for name, each in value.items()}
    packed = bytes(value) if hasattr(value, "value") or isinstance(value, bytes) else b""
    return zlib.decompress(packed).decode() if packed[:1] == b"x" else value
