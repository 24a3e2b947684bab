"""What races do: many writers with one wish, of which one may come true."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

from chalicelib.errors import RegisterError
from chalicelib.models.project import Project
from chalicelib.stores.port import Store
from tests.contract.places import OPENERS
from tests.contract.samples import (
    add_project,
    people,
    project,
    receipt,
    replace_project,
    replace_technology,
    technology,
    uses,
)

BARRIER_SECONDS = 60
RACERS = 4


@dataclass(frozen=True)
class Wish:
    """What the racer with a number wants in a round, and what those hear who lose."""

    write: Callable[[Store, int, int], None]
    losers_hear: str


def rewrite_project(store: Store, turn: int, racer: int) -> None:
    wanted = contested(turn)
    replace_project(
        store,
        replace(wanted, description=f"racer {racer}", version=2),
        1,
        people(f"{racer}@example.org"),
    )


def rewrite_technology(store: Store, turn: int, racer: int) -> None:
    replace_technology(store, technology(f"t{turn}", description=f"racer {racer}", version=2), 1)


def add_name(store: Store, turn: int, racer: int) -> None:
    add_project(
        store, project(f"{turn}-{racer}", name=f"Wanted {turn}", technologies=uses("aws")), ()
    )


def add_id(store: Store, turn: int, racer: int) -> None:
    wanted = project(f"{turn}", name=f"Any {turn} {racer}", technologies=uses("aws"))
    add_project(store, wanted, ())


def add_technology_name(store: Store, turn: int, racer: int) -> None:
    store.technologies.add(technology(f"{turn}-{racer}", aliases=(f"Wanted {turn}",)))


def add_with_receipt(store: Store, turn: int, racer: int) -> None:
    wanted = project(f"kept-{turn}-{racer}", technologies=uses("aws"))
    add_project(store, wanted, (), replace(receipt(f"key {turn}"), answer=f"racer {racer}"))


WISHES = {
    "replace": Wish(rewrite_project, "VersionMismatchError"),
    "replace-technology": Wish(rewrite_technology, "VersionMismatchError"),
    "name": Wish(add_name, "NameTakenError"),
    "id": Wish(add_id, "IdTakenError"),
    "technology-name": Wish(add_technology_name, "NameTakenError"),
    "receipt": Wish(add_with_receipt, "ReceiptExistsError"),
}


def contested(turn: int) -> Project:
    return project(f"p{turn}", technologies=uses("aws"))


def prepare(store: Store, turns: Iterable[int]) -> None:
    """What the wishes need to be there."""
    store.technologies.add(technology("aws"))
    for turn in turns:
        add_project(store, contested(turn), ())
        store.technologies.add(technology(f"t{turn}"))


def outcome(store: Store, wish: str, turn: int, racer: int) -> str:
    """`won`, or the name of the error; an error that the port does not name is not caught."""
    try:
        WISHES[wish].write(store, turn, racer)
    except RegisterError as error:
        return type(error).__name__
    return "won"


def outcomes_of(wish: str) -> Counter[str]:
    return Counter({"won": 1, WISHES[wish].losers_hear: RACERS - 1})


class Racer:
    """A process's own opening of the store, and the line where all racers wait for each other."""

    store: Store
    line: Barrier


def enter(kind: str, place: Path, line: Barrier) -> None:
    Racer.store = OPENERS[kind](place)
    Racer.line = line


def race(wish: str, turn: int, racer: int) -> str:
    Racer.line.wait(BARRIER_SECONDS)
    return outcome(Racer.store, wish, turn, racer)
