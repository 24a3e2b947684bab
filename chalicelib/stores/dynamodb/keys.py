"""The partition key and the sort key of each kind of item in the one table.

Records, guards and receipts have the sort key `.`. An item of a list has a sort key that ends in the
id of its record. A list is a Query of one partition.
"""

from hashlib import sha256

from chalicelib.stores.dynamodb.client import Item, Key

RECORD = "."
COUNT = "COUNT"
SEPARATOR = "\x00"
# A sort key has at most 1,024 bytes, and folding can make a text many times as long.
LONGEST_SORTED = 600
# The index of words holds prefixes of these lengths. A search uses the longest that fits.
BEGINNINGS = (1, 2, 4)

PROJECTS_BY_NAME = "PROJECTS-BY-NAME"
PROJECTS_BY_UPDATE = "PROJECTS-BY-UPDATE"
TECHNOLOGIES_BY_NAME = "TECHNOLOGIES-BY-NAME"
RADAR = "RADAR"
UNFINISHED = "UNFINISHED"
CURSOR_KEY: Key = ("CURSOR-KEY", RECORD)
FIREWALL_SECRET: Key = ("FIREWALL-SECRET", RECORD)
DIRECTORATES: Key = ("DIRECTORATES", RECORD)
RENAMES: Key = ("RENAMES", RECORD)


def project_key(project_id: str) -> Key:
    return f"PROJECT#{project_id}", RECORD


def technology_key(technology_id: str) -> Key:
    return f"TECHNOLOGY#{technology_id}", RECORD


def count_key(technology_id: str) -> Key:
    """The key of the number of projects that use the technology."""
    return f"TECHNOLOGY#{technology_id}", COUNT


def move_key(technology_id: str, number: int) -> Key:
    """The key of a move that the record no longer shows. `number` counts a technology's moves from 0."""
    return f"TECHNOLOGY#{technology_id}", f"MOVE#{number:06}"


def receipt_key(key: str) -> Key:
    return f"RECEIPT#{key}", RECORD


def quota_key(key: str) -> Key:
    return f"QUOTA#{key}", RECORD


def unfinished_key(record: Key) -> Key:
    """The key of the note that a write of the record in several transactions is running."""
    return UNFINISHED, record[0]


def project_name_guard(name_key: str) -> Key:
    return f"PROJECT-NAME#{_digest(name_key)}", RECORD


def technology_guard(key: str) -> Key:
    """For a name, an alias, or an id that is faithful to the name: they share one name space."""
    return f"TECHNOLOGY-NAME#{_digest(key)}", RECORD


def technology_id_guard(technology_id: str) -> Key:
    """For the exact id. A technology of an earlier release may have no such guard."""
    return f"TECHNOLOGY-ID#{technology_id}", RECORD


def uses_partition(technology_id: str) -> str:
    return f"USES#{technology_id}"


def programme_partition(programme_key: str) -> str:
    return f"PROGRAMME#{_cut(programme_key)}"


def contact_partition(email_key: str) -> str:
    """By hash: an address is personal data, which no key may show."""
    return f"CONTACT#{_digest(email_key)}"


def words_partition(kind: str, word: str) -> str:
    """The records of a kind with a word that begins as `word` does."""
    length = max(length for length in BEGINNINGS if length <= len(word))
    return f"{kind}-WORDS#{word[:length]}"


def word_partitions(kind: str, word: str) -> set[str]:
    """All partitions that must list a record with `word`."""
    return {words_partition(kind, word[:length]) for length in BEGINNINGS}


def sort_key(text: str, record_id: str) -> str:
    return f"{_cut(text)}{SEPARATOR}{record_id}"


def id_in(key: str) -> str:
    return key.rpartition(SEPARATOR)[2]


def id_of_technology(item: Item) -> str:
    """From the key of a record or of a copy."""
    if item["sk"]["S"] == RECORD:
        return item["pk"]["S"].removeprefix("TECHNOLOGY#")
    return id_in(item["sk"]["S"])


def _cut(text: str) -> str:
    if len(text) * 4 <= LONGEST_SORTED:
        return text
    return text.encode()[:LONGEST_SORTED].decode(errors="ignore")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
