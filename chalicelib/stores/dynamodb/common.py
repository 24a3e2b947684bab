"""What a process of the API keeps in memory for a while, so that a later answer takes one call."""

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
SPOILT_SECRET = (
    "The firewall's secret in the table is spoilt: it is not a JSON list of texts of at least"
    f" {SHORTEST_SECRET} visible ASCII characters. An operator replaces it with"
    " python waf/associate.py --stage STAGE"
)


def firewall_values_in(secret: Item | None) -> tuple[str, ...]:
    """The values in the item FIREWALL_SECRET, oldest first; none where there is no item.

    Raises FirewallSecretError, which holds no value, where they are not a list of at least one text
    that a header can hold and nobody can guess.
    """
    if secret is None:
        return ()
    try:
        values = json.loads(secret["values"]["S"])
    except (KeyError, RecursionError, TypeError, ValueError):
        values = None
    if not (isinstance(values, list) and values and all(map(_is_secret, values))):
        raise FirewallSecretError(SPOILT_SECRET)
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
        """As they are now. Raises FirewallSecretError, UnavailableError."""
        return firewall_values_in(self._read())

    def cursor_key(self) -> bytes:
        """Made on first use: whoever is first decides."""
        if self._cursor_key is None:
            self._read()
        if self._cursor_key is None:
            self._make_cursor_key()
            self._read()
        if self._cursor_key is None:
            raise UnavailableError("The key of the cursors cannot be read: send the request again")
        return self._cursor_key

    def renamed(self) -> Renamed:
        """Today's names of the technologies that were renamed, at most MEMORY_SECONDS old."""
        if self._clock() >= self._renamed_until:
            self._read()
        return self._renamed

    def forget_renamed(self) -> None:
        self._renamed_until = float("-inf")

    def _read(self) -> Item | None:
        """Gives the firewall's secret, whose values the gate keeps itself."""
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
    """Which technology a reference means, at most MEMORY_SECONDS old; what nobody has is asked again."""

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
        """For a write that trusts them: all are forgotten where it finds one that was removed."""
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
    """Those that say what the reference means; the first that there is decides."""
    key = name_key(reference)
    ids = (technology_id_guard(reference),) if key == reference else ()
    return *ids, technology_guard(key)
