"""The index rows of a record: one for each list that holds no copy of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chalicelib.errors import InUseError, RegisterError, UnknownTechnologyError
from chalicelib.models.project import Project
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Key, Value, item_key

LONGEST_WORDS = 2000  # characters; a search reads the record instead of a longer text


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A row's attributes without its key. `counted` is the technology whose projects it counts in.

    A row and its count are written in one transaction, so a count is always the number of its rows.
    """

    attributes: Item = field(default_factory=dict)
    counted: str = ""


Rows = Mapping[Key, IndexRow]


def project_rows(project: Project) -> Rows:
    by_name = keys.sort_key(project.name_key, project.id)
    by_id = keys.sort_key("", project.id)
    uses = {
        (keys.uses_partition(each), by_name): IndexRow({}, each) for each in project.technology_ids
    }
    contacts = {(keys.contact_partition(each.key), by_id): IndexRow() for each in project.contacts}
    return uses | contacts | _word_rows("PROJECT", project.words, project.id)


def technology_rows(technology: Technology) -> Rows:
    return _word_rows("TECHNOLOGY", technology.words, technology.id)


def _word_rows(kind: str, words: tuple[str, ...], record_id: str) -> dict[Key, IndexRow]:
    """In order of rank, as in SQLite: the length of all words of the record."""
    rank = keys.sort_key(f"{len(' '.join(words)):05}", record_id)
    row = IndexRow(words_attribute(words))
    partitions = {place for word in words for place in keys.word_partitions(kind, word)}
    return {(partition, rank): row for partition in partitions}


def words_attribute(words: tuple[str, ...]) -> dict[str, Value]:
    """Each word after a space, so that the start of a word can be found; none if too long."""
    text = "".join(f" {word}" for word in words)
    return {"words": {"S": text}} if 0 < len(text) <= LONGEST_WORDS else {}


def row_actions(client: Client, added: Rows, removed: Rows) -> list[Action]:
    """Puts and deletes of rows, and the changes in the counts of technologies.

    The actions raise UnknownTechnologyError for a technology that has no count.
    """
    counts = Counter(row.counted for row in added.values())
    counts.subtract(row.counted for row in removed.values())
    return [
        *(Action(client.put({**item_key(key), **row.attributes})) for key, row in added.items()),
        *(Action(client.delete(key)) for key in removed),
        *(_count(client, each, by) for each, by in counts.items() if each and by),
    ]


def _count(client: Client, technology_id: str, by: int) -> Action:
    key = keys.count_key(technology_id)
    return Action(
        client.update(key, "ADD n :by", "attribute_exists(pk)", by={"N": str(by)}),
        lambda: UnknownTechnologyError(f"The technology {technology_id} was not found"),
    )


def number_in(count: Item | None) -> int:
    """The number in a count; 0 if there is no count."""
    return int(count["n"]["N"]) if count else 0


def unused(client: Client, technology_id: str) -> Action:
    """The action that deletes the count. It raises InUseError."""
    key = keys.count_key(technology_id)

    def in_use() -> RegisterError:
        return InUseError(technology_id, number_in(client.get(key)))

    return Action(client.delete(key, "n = :none", none={"N": "0"}), in_use)


def changed_rows(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """The rows to put and the rows to delete when `after` replaces `before`."""
    added = {key: row for key, row in after.items() if before.get(key) != row}
    removed = {key: row for key, row in before.items() if key not in after}
    return added, removed


def portions(rows: Rows, actions: int) -> Iterable[Rows]:
    """`rows` in portions of at most `actions` actions each."""
    some: dict[Key, IndexRow] = {}
    used = 0
    for key, row in rows.items():
        cost = 2 if row.counted else 1
        if used + cost > actions:
            yield some
            some, used = {}, 0
        some[key] = row
        used += cost
    if some:
        yield some
