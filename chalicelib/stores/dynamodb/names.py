"""The one name space of technologies: the guard of each name, alias and id names its owner.

An id has a guard of its own, also if another technology has its key. Earlier releases wrote a guard
among the names instead, also for an id that is not faithful to the name. That guard stays until the
technology is deleted.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from chalicelib.errors import IdTakenError, NameTakenError, RegisterError
from chalicelib.models.technology import Technology
from chalicelib.stores.dynamodb import keys
from chalicelib.stores.dynamodb.actions import Action
from chalicelib.stores.dynamodb.client import Client, Item, Value, item_key
from chalicelib.stores.dynamodb.writes import NEW

OWN = f"{NEW} OR id = :own"


def claim_all(client: Client, technology: Technology) -> Iterator[Action]:
    """Claims the names of a new technology. The actions raise NameTakenError, IdTakenError."""
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
    """Claims the names that only `after` has, and frees those that only `before` has.

    `after` may take names from the technology with the id `former`.
    """
    condition, owners = OWN, {"own": Value(S=after.id)}
    if former:
        condition, owners = f"{OWN} OR id = :former", {**owners, "former": Value(S=former)}
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
    """Frees the names of a deleted technology.

    An action raises NameTakenError if another technology has the id as a name, unless
    `is_id_anothers` says so.
    """
    yield from _free(client, technology.keys)
    yield Action(client.delete(keys.technology_id_guard(technology.id)))
    if technology.id not in technology.keys and not is_id_anothers:
        write = client.delete(keys.technology_guard(technology.id), OWN, own={"S": technology.id})
        yield Action(write, partial(_taken, client, technology.id))


def free_merged(client: Client, first: Technology, after: Technology) -> Iterator[Action]:
    """Frees the names of a merged technology that `after` has not taken."""
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
    """Stores the new name, for readers of projects' copies."""
    write = client.update(keys.RENAMES, "SET #name = :name", name={"S": after.name})
    write["Update"]["ExpressionAttributeNames"] = _place(after)
    return Action(write)


def _place(technology: Technology) -> dict[str, str]:
    return {"#name": f"technology:{technology.id}"}


def _guard(key: str, technology: Technology) -> dict[str, Value]:
    place = item_key(keys.technology_guard(key))
    return {**place, **_named(technology), "as": {"S": technology.keys[key]}}


def _id_guard(technology: Technology) -> dict[str, Value]:
    return {**item_key(keys.technology_id_guard(technology.id)), **_named(technology)}


def _named(technology: Technology) -> dict[str, Value]:
    categories: Item = {"categories": {"SS": sorted(technology.categories)}}
    return {
        "id": {"S": technology.id},
        "name": {"S": technology.name},
        **(categories if technology.categories else {}),
    }


def _taken(client: Client, key: str) -> RegisterError:
    guard = client.get(keys.technology_guard(key))
    if guard is None:
        return NameTakenError("The name was in use a moment ago: send the request again")
    kind = guard.get("as", {"S": "name or alias"})["S"]
    return NameTakenError.by(f"technology {guard['id']['S']}", kind)
