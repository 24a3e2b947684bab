"""Technologies, and the one name space of their ids, names and aliases."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from json import loads

from chalicelib.errors import IdTakenError, NameTakenError
from chalicelib.models.page import Page, Position
from chalicelib.models.technology import (
    SHOWN_MOVES,
    Move,
    Named,
    Technology,
    TechnologyQuery,
    move_document,
    move_from,
)
from chalicelib.models.text import as_json
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Key, item_key
from chalicelib.stores.dynamodb.common import Common, References
from chalicelib.stores.dynamodb.items import (
    facets_of_technologies,
    technology_copy,
    technology_in,
    technology_item,
    technology_text,
)
from chalicelib.stores.dynamodb.lists import (
    Range,
    has_compared,
    page_of_copies,
    page_of_rows,
    word_walk,
)
from chalicelib.stores.dynamodb.names import claim_all, claim_changed, forget_renaming, free_all
from chalicelib.stores.dynamodb.receipts import keep_receipt, use_quota
from chalicelib.stores.dynamodb.rows import number_in, unused
from chalicelib.stores.dynamodb.writes import Change, Writer
from chalicelib.stores.port import Quota, Receipt

# The attributes of an item that a list needs.
SERVED = ("document", "form", "facets", "words")
# The most moves of a record in one write. A loaded document may have more.
MOVES_IN_ONE_WRITE = SHOWN_MOVES + 30


class DynamoTechnologies:
    def __init__(
        self, client: Client, writer: Writer, common: Common, references: References
    ) -> None:
        self._client = client
        self._writer = writer
        self._common = common
        self._references = references

    def get(self, technology_id: str) -> Technology | None:
        record, count = keys.technology_key(technology_id), keys.count_key(technology_id)
        found = self._client.get_all([record, count])
        if "document" not in found.get(record, {}):
            return None
        return technology_in(found[record], number_in(found.get(count)))

    def resolve(self, references: Iterable[str]) -> Mapping[str, Named]:
        return self._references.resolve(references)

    def add(
        self, technology: Technology, receipt: Receipt | None = None, quota: Quota | None = None
    ) -> None:
        some, rest = _parted(technology)
        taken = partial(IdTakenError, f"The technology id {some.id} is taken")
        first = [
            *keep_receipt(self._client, receipt, some.updated_at),
            *use_quota(self._client, quota),
            *claim_all(self._client, some),
        ]
        count: Item = {**item_key(keys.count_key(some.id)), "n": {"N": "0"}}
        then = [Action(self._client.put(count)), *self._parts(None, some)]
        record = technology_item(_shown(some, 0))
        key = keys.technology_key(some.id)
        self._writer.add(Change(key, None, record, taken, first, then))
        self._append(technology, rest)

    def replace(
        self, before: Technology, after: Technology, receipt: Receipt | None = None
    ) -> None:
        some, rest = _parted(after)
        self._write_over(before, lambda current: self._replacement(current, some, receipt))
        if before.keys != after.keys or before.name != after.name:
            self._forget()
        elif before.categories != after.categories:
            self._references.forget()
        self._append(after, rest)

    def remove(self, before: Technology) -> None:
        try:
            self._write_over(before, partial(self._removal, is_id_anothers=False))
        except NameTakenError:
            self._write_over(before, partial(self._removal, is_id_anothers=True))
        self._forget()

    def absorb(self, before: Technology, first: Technology, after: Technology) -> None:
        from chalicelib.stores.dynamodb.merging import Merging  # only a merge needs it

        merging = Merging(self._client, self._writer, first, tuple(self._parts(first, None)))

        def change(current: Technology) -> Change:
            return merging.ending(self._replacement(current, after, None, first.id), after)

        self._write_over(before, change)
        self._forget()
        merging.finish()

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[str]:
        facets = frozenset(facets_of_technologies(query))
        serve = partial(_fitting, query, facets)
        if not query.words:
            walk = Range(keys.TECHNOLOGIES_BY_NAME, facets=sorted(facets), attributes=SERVED)
            page = page_of_copies(self._client, walk, after, limit, serve)
        else:
            walk = word_walk("TECHNOLOGY", query.words, SERVED)
            place = (self._client, walk, after, limit, keys.technology_key)
            page = page_of_rows(*place, serve, is_filtered=bool(facets))
        return Page(tuple(self._with_counts(page.items)), page.next)

    def moves(self, technology_id: str, after: Position | None, limit: int) -> Page[Move] | None:
        """The moves in the record come first. A later page reads it too, for `move_count`."""
        technology = self.get(technology_id)
        if technology is None:
            return None
        end = technology.move_count if after is None else int(after[0])
        begin = max(end - limit, 0)
        shown_from = technology.move_count - len(technology.moves)
        shown = technology.moves[max(begin - shown_from, 0) : max(end - shown_from, 0)]
        wanted = [keys.move_key(technology_id, n) for n in range(begin, min(end, shown_from))]
        items = self._client.get_all(wanted) if wanted else {}
        older = [move_from(loads(items[key]["move"]["S"])) for key in wanted if key in items]
        return Page((*reversed(shown), *reversed(older)), (begin,) if begin else None)

    def on_radar(self, *, all_rings: bool = False) -> Iterator[Technology]:
        for page in self._client.pages(keys.TECHNOLOGIES_BY_NAME if all_rings else keys.RADAR):
            yield from (technology_in(item, 0) for item in page)

    def _with_counts(self, items: Sequence[Item]) -> Iterator[str]:
        ids = [keys.id_of_technology(item) for item in items]
        counts = self._client.get_all(map(keys.count_key, ids)) if ids else {}
        for item, each in zip(items, ids, strict=True):
            yield technology_text(item, number_in(counts.get(keys.count_key(each))))

    def _append(self, technology: Technology, rest: tuple[Move, ...]) -> None:
        found = self.get(technology.id) if rest else None
        if found:
            self.replace(found, replace(technology, moves=(*found.moves, *rest)))

    def _write_over(self, before: Technology, change: Callable[[Technology], Change]) -> None:
        self._writer.write_over(before, change, partial(self._read_again, before))

    def _forget(self) -> None:
        """Clears this process's memory. Other processes use the old names for up to a minute."""
        self._references.forget()
        self._common.forget_renamed()

    def _read_again(self, before: Technology) -> Technology | None:
        """The current record with the former count of projects, which other writers may change."""
        found = self.get(before.id)
        return found and replace(found, project_count=before.project_count)

    def _replacement(
        self, before: Technology, after: Technology, receipt: Receipt | None, former: str = ""
    ) -> Change:
        older = before.move_count - len(before.moves)
        then = [*claim_changed(self._client, before, after, former), *self._parts(before, after)]
        first = keep_receipt(self._client, receipt, after.updated_at)
        return self._over(before, technology_item(_shown(after, older)), first, then)

    def _removal(self, before: Technology, *, is_id_anothers: bool) -> Change:
        then = [
            unused(self._client, before.id),
            forget_renaming(self._client, before),
            *self._parts(before, None),
            *free_all(self._client, before, is_id_anothers=is_id_anothers),
        ]
        return self._over(before, None, (), then)

    def _over(
        self,
        before: Technology,
        after: Item | None,
        first: Sequence[Action],
        then: Sequence[Action],
    ) -> Change:
        """A deletion is in steps if the record does not show all moves: only a Query finds the others."""
        key = keys.technology_key(before.id)
        item: Item = {**technology_item(before), "mark": {"S": before.mark}}
        why = partial(self._writer.refusal, key, before.version)
        in_steps = after is None and before.move_count > len(before.moves)
        return Change(key, item, after, why, first, then, in_steps)

    def _parts(self, before: Technology | None, after: Technology | None) -> Iterator[Action]:
        """The writes of copies in lists, and of moves that the record no longer shows."""
        old = technology_copy_keys(before) if before else []
        new = technology_copy_keys(after) if after else []
        older = before.move_count - len(before.moves) if before else 0
        if after:
            shown = _shown(after, older)
            copy = technology_copy(shown)
            yield from (Action(self._client.put({**item_key(key), **copy})) for key in new)
            for n, move in enumerate(after.moves[: -len(shown.moves)]):
                key = item_key(keys.move_key(after.id, older + n))
                text = as_json(move_document(move, stored=True))
                yield Action(self._client.put({**key, "move": {"S": text}}))
        yield from (Action(self._client.delete(key)) for key in old if key not in new)


def _fitting(query: TechnologyQuery, facets: frozenset[str], record: Item) -> Item | None:
    """The record, or None if the query's filters or words exclude it."""
    if not facets.issubset(record["facets"]["SS"]):
        return None
    if query.words and not has_compared(query.words, record):
        return record if query.admits(technology_in(record, 0)) else None
    return record


def _parted(technology: Technology) -> tuple[Technology, tuple[Move, ...]]:
    """The technology with as many moves as one write takes, and the others."""
    moves = technology.moves
    return replace(technology, moves=moves[:MOVES_IN_ONE_WRITE]), moves[MOVES_IN_ONE_WRITE:]


def _shown(technology: Technology, older: int) -> Technology:
    """As stored: the last moves, and the number of all. `older` is the number that is not in `moves`."""
    return replace(
        technology,
        moves=technology.moves[-SHOWN_MOVES:],
        move_count=older + len(technology.moves),
    )


def technology_copy_keys(technology: Technology) -> list[Key]:
    by_name = keys.sort_key(technology.name_key, technology.id)
    on_radar = [(keys.RADAR, by_name)] if technology.is_on_radar else []
    return [(keys.TECHNOLOGIES_BY_NAME, by_name), *on_radar]
