"""The one name space of technologies: a guard for each id, name and alias says whose it is."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from chalicelib.errors import IdTakenError, NameTakenError, RegisterError
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.writes import NEW


def claim_all(client: Client, technology: Technology) -> Iterator[Action]:
    """Of a new technology. Raises, carried out, NameTakenError, IdTakenError."""
    yield from _claim(client, technology, technology.name_keys)
    if technology.id not in technology.name_keys:
        write = client.put(_guard(technology.id, technology), NEW)
        yield Action(write, partial(IdTakenError, f"The technology id {technology.id} is taken"))


def claim_changed(client: Client, before: Technology, after: Technology) -> Iterator[Action]:
    """What `after` is called and `before` was not; what only `before` was called is free again."""
    yield from _claim(client, after, [key for key in after.keys if key not in before.keys])
    yield from free(client, [key for key in before.keys if key not in after.keys])
    if before.name != after.name:
        yield from _rename(client, before, after)


def free(client: Client, wanted: Iterable[str]) -> Iterator[Action]:
    return (Action(client.delete(keys.technology_guard(key))) for key in wanted)


def forget_renaming(client: Client, technology: Technology) -> Action:
    write = client.update(keys.RENAMES, "REMOVE #name")
    write["Update"]["ExpressionAttributeNames"] = _place(technology)
    return Action(write)


def _rename(client: Client, before: Technology, after: Technology) -> Iterator[Action]:
    """Tells the new name to whoever reads a project's copy, or resolves a name that stays."""
    write = client.update(keys.RENAMES, "SET #name = :name", name={"S": after.name})
    write["Update"]["ExpressionAttributeNames"] = _place(after)
    yield Action(write)
    kept = (key for key in after.keys if key in before.keys)
    yield from (Action(client.put(_guard(key, after))) for key in kept)


def _place(technology: Technology) -> dict[str, str]:
    return {"#name": f"technology:{technology.id}"}


def _claim(client: Client, technology: Technology, wanted: Iterable[str]) -> Iterator[Action]:
    for key in wanted:
        yield Action(client.put(_guard(key, technology), NEW), partial(_taken, client, key))


def _guard(key: str, technology: Technology) -> dict[str, Any]:
    names = {"id": {"S": technology.id}, "name": {"S": technology.name}}
    return {**item_key(keys.technology_guard(key)), **names}


def _taken(client: Client, key: str) -> RegisterError:
    guard = client.get(keys.technology_guard(key))
    owner = guard["id"]["S"] if guard else "that is gone by now"
    return NameTakenError(f"The technology {owner} goes by this name or alias")
