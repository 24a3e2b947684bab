"""The one name space of technologies: a guard for each name, alias and id says whose it is.

An id has a guard of its own, whatever else has its key. Earlier releases wrote none: theirs had a
guard among the names also where it was made by dropping signs, and it stays there until the
technology is removed.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from chalicelib.errors import IdTakenError, NameTakenError, RegisterError
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, item_key
from chalicelib.stores.dynamodb.writes import NEW

OWN = f"{NEW} OR id = :own"


def claim_all(client: Client, technology: Technology) -> Iterator[Action]:
    """Of a new technology. Raises, carried out, NameTakenError, IdTakenError."""
    for key in technology.name_keys:
        yield Action(client.put(_guard(key, technology), NEW), partial(_taken, client, key))
    taken = partial(IdTakenError, f"The technology id {technology.id} is taken")
    yield Action(client.put(_id_guard(technology), NEW), taken)
    if technology.id not in technology.keys:
        yield Action(client.condition_check(keys.technology_guard(technology.id), NEW), taken)
    elif technology.id not in technology.name_keys:
        yield Action(client.put(_guard(technology.id, technology), NEW), taken)


def claim_changed(
    client: Client, before: Technology, after: Technology, former: str = ""
) -> Iterator[Action]:
    """What `after` is called and `before` was not; what only `before` was called is free again.

    The names of the technology with the id `former` may pass to `after`.
    """
    owners = {"own": {"S": after.id}, **({"former": {"S": former}} if former else {})}
    condition = f"{OWN} OR id = :former" if former else OWN
    for key in (key for key in after.keys if key not in before.keys):
        write = client.put(_guard(key, after), condition, **owners)
        yield Action(write, partial(_taken, client, key))
    yield from _free(client, (key for key in before.keys if key not in after.keys))
    if before.name != after.name:
        yield _rename(client, after)
    if before.keys != after.keys or _named(before) != _named(after):
        yield Action(client.put(_id_guard(after)))
    if _named(before) != _named(after):
        kept = (key for key in after.keys if key in before.keys)
        yield from (Action(client.put(_guard(key, after))) for key in kept)


def free_all(client: Client, technology: Technology, *, is_id_anothers: bool) -> Iterator[Action]:
    """Of a removed technology.

    Raises, carried out, NameTakenError where another one has its id as a name: the caller says so then.
    """
    yield from _free(client, technology.keys)
    yield Action(client.delete(keys.technology_id_guard(technology.id)))
    if technology.id not in technology.keys and not is_id_anothers:
        key, own = keys.technology_guard(technology.id), {"S": technology.id}
        yield Action(client.delete(key, OWN, own=own), partial(_taken, client, technology.id))


def free_merged(client: Client, first: Technology, after: Technology) -> Iterator[Action]:
    """Of a technology that was merged into `after`, which has its names."""
    yield from _free(client, (key for key in first.keys if key not in after.keys))
    yield Action(client.delete(keys.technology_id_guard(first.id)))
    yield forget_renaming(client, first)


def _free(client: Client, wanted: Iterable[str]) -> Iterator[Action]:
    return (Action(client.delete(keys.technology_guard(key))) for key in wanted)


def forget_renaming(client: Client, technology: Technology) -> Action:
    write = client.update(keys.RENAMES, "REMOVE #name")
    write["Update"]["ExpressionAttributeNames"] = _place(technology)
    return Action(write)


def _rename(client: Client, after: Technology) -> Action:
    """Tells the new name to whoever reads a project's copy."""
    write = client.update(keys.RENAMES, "SET #name = :name", name={"S": after.name})
    write["Update"]["ExpressionAttributeNames"] = _place(after)
    return Action(write)


def _place(technology: Technology) -> dict[str, str]:
    return {"#name": f"technology:{technology.id}"}


def _guard(key: str, technology: Technology) -> dict[str, Any]:
    place = item_key(keys.technology_guard(key))
    return {**place, **_named(technology), "as": {"S": technology.keys[key]}}


def _id_guard(technology: Technology) -> dict[str, Any]:
    return {**item_key(keys.technology_id_guard(technology.id)), **_named(technology)}


def _named(technology: Technology) -> dict[str, Any]:
    categories = {"categories": {"SS": sorted(technology.categories)}}
    return {
        "id": {"S": technology.id},
        "name": {"S": technology.name},
        **(categories if technology.categories else {}),
    }


def _taken(client: Client, key: str) -> RegisterError:
    guard = client.get(keys.technology_guard(key))
    owner = guard["id"]["S"] if guard else "that is gone by now"
    kind = (guard or {}).get("as", {"S": "name or alias"})["S"]
    return NameTakenError(f"The technology {owner} has this {kind}")
