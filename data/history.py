"""How a technology of the register and the same one of a document become one."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.models.technology import BORN_OF_A_PROJECT, Move, Technology
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.technology import MOST_ALIASES


def is_only_born(technology: Technology) -> bool:
    """Whether a project named it, and no reviewer has said anything yet."""
    moves = {(move.note, move.author) for move in technology.moves}
    return len(technology.moves) == 1 and moves == {(BORN_OF_A_PROJECT, None)}


def grown_up(born: Technology, draft: Technology) -> Technology:
    """The document's say in the place of what was made up for it; names that it has stay its names."""
    names = {name_key(name): name for name in (*draft.aliases, *born.aliases, born.name)}
    names.pop(name_key(draft.name), None)
    return replace(
        born,
        name=draft.name,
        quadrant=draft.quadrant,
        moves=draft.moves,
        aliases=tuple(names.values())[:MOST_ALIASES],
        description=draft.description or born.description,
        link=draft.link or born.link,
    )


def lacking(present: Iterable[Move], wanted: Iterable[Move]) -> tuple[Move, ...]:
    """The moves of `wanted` that are not in `present`, whoever their author is."""
    known = set(map(_said, present))
    return tuple(move for move in wanted if _said(move) not in known)


def merged(present: tuple[Move, ...], wanted: tuple[Move, ...]) -> tuple[Move, ...]:
    """`present` and what it lacks of `wanted`, by date; on one date in the order of `wanted`."""
    absent = lacking(present, wanted)
    if not absent:
        return present
    order = {_said(move): number for number, move in enumerate(wanted)}
    return tuple(
        sorted(
            (*present, *absent),
            key=lambda move: (move.at, order.get(_said(move), len(order))),
        )
    )


def _said(move: Move) -> tuple[str, str, str]:
    return move.ring, move.at, move.note
