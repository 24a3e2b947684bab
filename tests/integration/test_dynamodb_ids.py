"""Tables of earlier releases: an id has its guard among the names, and none of its own."""

from collections.abc import Iterator

import pytest

from chalicelib.errors import NameTakenError
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb import DynamoStore, keys
from chalicelib.stores.dynamodb.client import item_key
from tests.contract.samples import change, remove, resolved, technology, there
from tests.support.dynamodb_truth import violations
from tests.support.emulator import Emulator
from tests.support.faults import Tables, emulated_tables

F_STAR = technology("f", name="F*", aliases=("Eff",))
C_SHARP = technology("c-sharp", name="C#")
OLD = ("f", "c-sharp", "F*", "Eff", "C#", "C-Sharp")


@pytest.fixture(scope="module")
def tables(emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator) as found:
        yield found


@pytest.fixture
def table(tables: Tables) -> str:
    """A table as an earlier release left it."""
    table = tables.new()
    store = tables.open(table)
    for each in (F_STAR, C_SHARP):
        store.technologies.add(each)
        write_guards_of_old(tables, table, each)
    return table


def write_guards_of_old(tables: Tables, table: str, written: Technology) -> None:
    own = item_key(keys.technology_id_guard(written.id))
    tables.transport("DeleteItem", {"TableName": table, "Key": own})
    names = {"id": {"S": written.id}, "name": {"S": written.name}}
    for key in (written.id, *written.name_keys):
        item = {**item_key(keys.technology_guard(key)), **names}
        tables.transport("PutItem", {"TableName": table, "Item": item})


@pytest.fixture
def store(tables: Tables, table: str) -> DynamoStore:
    return tables.open(table)


def test_all_references_of_an_earlier_release_are_known(store: DynamoStore) -> None:
    """`F` also still names F*."""
    wanted = dict.fromkeys(OLD, "c-sharp") | dict.fromkeys(("f", "F", "F*", "Eff"), "f")
    assert resolved(store, wanted) == wanted


def test_a_name_that_is_taken_there_is_a_name_or_alias(store: DynamoStore) -> None:
    with pytest.raises(
        NameTakenError,
        match=r"^The technology f has this name or alias: use it, or choose another name$",
    ):
        store.technologies.add(technology("f-2", name="F"))


def test_a_renamed_technology_keeps_its_id(store: DynamoStore) -> None:
    change(store.technologies, "c-sharp", name="Sharp")
    change(store.technologies, "f", aliases=())
    assert resolved(store, OLD) == {"f": "f", "F*": "f", "c-sharp": "c-sharp"}
    store.technologies.add(technology("c-sharp-2", name="C-Sharp"))
    assert resolved(store, ["c-sharp", "C-Sharp"]) == {"c-sharp": "c-sharp", "C-Sharp": "c-sharp-2"}


def test_a_technology_may_take_its_id_as_a_name(store: DynamoStore) -> None:
    change(store.technologies, "f", name="F")
    assert there(store.technologies, "f").name == "F"
    with pytest.raises(NameTakenError, match=r"f has this name: use it, or choose another name$"):
        store.technologies.add(technology("f-2", name="f"))


@pytest.mark.parametrize("renamed", [False, True])
def test_nothing_is_left_of_a_removed_technology(
    tables: Tables, table: str, store: DynamoStore, renamed: bool
) -> None:
    for each in ("f", "c-sharp"):
        if renamed:
            change(store.technologies, each, name=f"{each} renamed", aliases=("Alias of " + each,))
        remove(store.technologies, each)
    assert resolved(store, OLD) == {}
    assert violations(tables.items(table)) == []
