"""Where what is kept: the partition and sort key of every kind of item in the one table.

Records, guards and receipts have the sort key `.`. Index rows hold nothing but their key, which
ends in the id of their record; a list is a Query of one partition of them.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from chalicelib.models.project import Contact, Project
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb.client import Key

RECORD = "."
SEPARATOR = "\x00"
# A sort key has at most 1,024 bytes, and folding can make a text many times as long.
LONGEST_SORTED = 600

PROJECTS_BY_NAME = "PROJECTS-BY-NAME"
PROJECTS_BY_UPDATE = "PROJECTS-BY-UPDATE"
TECHNOLOGIES_BY_NAME = "TECHNOLOGIES-BY-NAME"
CURSOR_KEY: Key = ("CURSOR-KEY", RECORD)
FIREWALL_SECRET: Key = ("FIREWALL-SECRET", RECORD)


def project_key(project_id: str) -> Key:
    return f"PROJECT#{project_id}", RECORD


def technology_key(technology_id: str) -> Key:
    return f"TECHNOLOGY#{technology_id}", RECORD


def receipt_key(key: str) -> Key:
    return f"RECEIPT#{key}", RECORD


def project_name_guard(name_key: str) -> Key:
    return f"PROJECT-NAME#{_digest(name_key)}", RECORD


def technology_guard(key: str) -> Key:
    """Of an id, a name or an alias: they are one name space."""
    return f"TECHNOLOGY-NAME#{_digest(key)}", RECORD


def uses_partition(technology_id: str) -> str:
    return f"USES#{technology_id}"


def programme_partition(programme_key: str) -> str:
    return f"PROGRAMME#{_cut(programme_key)}"


def contact_partition(email_key: str) -> str:
    """Addresses are personal data: no key shows one."""
    return f"CONTACT#{_digest(email_key)}"


def words_partition(kind: str, word: str) -> str:
    return f"{kind}-WORDS#{word[0]}"


def sort_key(text: str, record_id: str) -> str:
    return f"{_cut(text)}{SEPARATOR}{record_id}"


def word_beginning(word: str) -> str:
    return _cut(word)


def id_in(key: str) -> str:
    return key.rpartition(SEPARATOR)[2]


def project_rows(project: Project, contacts: Iterable[Contact]) -> Iterator[Key]:
    """The index rows of a project: all the lists it is in. Each costs something: take what you need."""
    by_name = sort_key(project.name_key, project.id)
    yield PROJECTS_BY_NAME, by_name
    yield PROJECTS_BY_UPDATE, sort_key(project.updated_at, project.id)
    yield programme_partition(project.programme_key), by_name
    for used in project.technology_ids:
        yield uses_partition(used), by_name
    for contact in contacts:
        yield contact_partition(contact.key), sort_key("", project.id)
    yield from _word_rows("PROJECT", project.words, project.id)


def technology_rows(technology: Technology) -> Iterator[Key]:
    yield TECHNOLOGIES_BY_NAME, sort_key(technology.name_key, technology.id)
    yield from _word_rows("TECHNOLOGY", technology.words, technology.id)


def _word_rows(kind: str, words: tuple[str, ...], record_id: str) -> list[Key]:
    """By word, then by rank: the length of all the record's words, as in the other store."""
    rank = f"{SEPARATOR}{len(' '.join(words)):05}{SEPARATOR}{record_id}"
    return [(words_partition(kind, word), f"{_cut(word)}{rank}") for word in words]


def _cut(text: str) -> str:
    if len(text) * 4 <= LONGEST_SORTED:
        return text
    return text.encode()[:LONGEST_SORTED].decode(errors="ignore")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
