"""The items that a process keeps in memory for a while, so that a later request makes one call."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain

from chalicelib.errors import FirewallSecretError, UnavailableError, UnknownTechnologyError
from chalicelib.models.technology import Named
from chalicelib.models.text import name_key
from chalicelib.stores.dynamodb.client import Client, Item, Key, item_key
from chalicelib.stores.dynamodb.items import Renamed
from chalicelib.stores.dynamodb.keys import (
    CURSOR_KEY,
    FIREWALL_SECRET,
    RENAMES,
    technology_guard,
    technology_id_guard,
)
from chalicelib.stores.dynamodb.transport import REFUSED_CALL, CallError

MEMORY_SECONDS = 60.0
MOST_NAMES = 20_000
SHORTEST_SECRET = 32  # characters
INVALID_SECRET = (
    "The firewall's secret in the table is invalid: it is not a JSON list of texts of at least"
    f" {SHORTEST_SECRET} visible ASCII characters. An operator must replace it: run"
    " python waf/associate.py --stage STAGE"
)


def firewall_values_in(secret: Item | None) -> tuple[str, ...]:
    """The values in the item FIREWALL_SECRET, oldest first; none without the item.

    Raises FirewallSecretError if the list is empty or malformed, or if a value is too short or does
    not fit in a header. The error contains no value.
    """
    if secret is None:
        return ()
    try:
        values = json.loads(secret["values"]["S"])
    except (KeyError, RecursionError, TypeError, ValueError):
        values = None
    if not (isinstance(values, list) and values and all(map(_is_secret, values))):
        raise FirewallSecretError(INVALID_SECRET)
    return tuple(values)


def _is_secret(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) >= SHORTEST_SECRET
        and all("!" <= character <= "~" for character in value)
    )


class Common:
    """The firewall's values, the cursors' key and the renamed technologies: read in one call."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._cursor_key: bytes | None = None
        self._renamed: Renamed = {}
        self._renamed_until = float("-inf")

    def firewall_values(self) -> tuple[str, ...]:
        """The current values. Raises FirewallSecretError, UnavailableError."""
        return firewall_values_in(self._read())

    def cursor_key(self) -> bytes:
        """Created on first use. Of several writers the first decides."""
        if self._cursor_key is None:
            self._read()
        if self._cursor_key is None:
            self._make_cursor_key()
            self._read()
        if self._cursor_key is None:
            raise UnavailableError("The key of the cursors cannot be read: send the request again")
        return self._cursor_key

    def renamed(self) -> Renamed:
        """The current names of renamed technologies, at most MEMORY_SECONDS old."""
        if self._clock() >= self._renamed_until:
            self._read()
        return self._renamed

    def forget_renamed(self) -> None:
        self._renamed_until = float("-inf")

    def _read(self) -> Item | None:
        """Reads all three. Returns the firewall's secret, which the gate keeps in memory."""
        until = self._clock() + MEMORY_SECONDS
        found = self._client.get_all([FIREWALL_SECRET, CURSOR_KEY, RENAMES])
        if CURSOR_KEY in found:
            self._cursor_key = found[CURSOR_KEY]["key"]["B"]
        names = found.get(RENAMES, {})
        self._renamed = {
            name: value["S"] for name, value in names.items() if name.startswith("technology:")
        }
        self._renamed_until = until
        return found.get(FIREWALL_SECRET)

    def _make_cursor_key(self) -> None:
        item = {**item_key(CURSOR_KEY), "key": {"B": os.urandom(32)}}
        try:
            self._client.call(
                "PutItem",
                TableName=self._client.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
            )
        except CallError as error:
            if error.code != REFUSED_CALL:
                raise


class References:
    """The technologies by reference, at most MEMORY_SECONDS old. An unknown reference is always read."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[Named, float]] = {}

    def resolve(self, wanted: Iterable[str]) -> Mapping[str, Named]:
        wanted = dict.fromkeys(wanted)
        now = self._clock()
        known = self._known
        fresh = {key: known[key][0] for key in wanted if key in known and now < known[key][1]}
        guards = {each: _guards(each) for each in wanted if each not in fresh}
        items = self._client.get_all(chain(*guards.values())) if guards else {}
        found: dict[str, Named] = {}
        for each, places in guards.items():
            for item in (items[place] for place in places if place in items):
                found.setdefault(each, named_in(item))
        by_id = {named.id: named for named in found.values()}
        self._keep(found | by_id, now + MEMORY_SECONDS)
        return fresh | found

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """For a write that uses them. If one was deleted, all are read again."""
        try:
            yield
        except UnknownTechnologyError:
            self.forget()
            raise

    def forget(self) -> None:
        self._known = {}

    def _keep(self, found: Mapping[str, Named], until: float) -> None:
        if len(self._known) + len(found) > MOST_NAMES:
            self._known = {}
        self._known.update((key, (named, until)) for key, named in found.items())


def named_in(guard: Item) -> Named:
    categories = guard.get("categories", {"SS": []})["SS"]
    return Named(guard["id"]["S"], guard["name"]["S"], tuple(categories))


def _guards(reference: str) -> tuple[Key, ...]:
    """The keys of the guards of a reference. The first guard that exists decides."""
    key = name_key(reference)
    ids = (technology_id_guard(reference),) if key == reference else ()
    return *ids, technology_guard(key)
