"""The merge of a technology into a second one: their aliases, their uses and their moves."""

from dataclasses import replace

from chalicelib.errors import ConflictError
from chalicelib.models.project import Use
from chalicelib.models.technology import MOST_ALIASES, Move, Technology
from chalicelib.models.text import name_key


def joined_aliases(first: Technology, second: Technology) -> tuple[str, ...]:
    """The aliases of the second, and all names of the first."""
    names = (first.name, *first.aliases, first.id)
    new = {name_key(name): name for name in reversed(names) if name_key(name) not in second.keys}
    return (*second.aliases, *reversed(new.values()))


def require_room(first: Technology, second: Technology) -> None:
    """Raises ConflictError if the second would have more than MOST_ALIASES aliases."""
    surplus = len(joined_aliases(first, second)) - MOST_ALIASES
    if surplus > 0:
        raise ConflictError(
            f"{second.id} would have {surplus} aliases more than the {MOST_ALIASES} that are allowed:"
            f" remove {surplus} from {first.id} or {second.id}"
        )


def joined_uses(uses: tuple[Use, ...], first: Technology, second: Technology) -> tuple[Use, ...]:
    """Each technology once in each category. A use is main if one of the two was."""
    found: dict[tuple[str, str], Use] = {}
    for use in uses:
        is_first = use.technology == first.id
        wanted = replace(use, technology=second.id, name=second.name) if is_first else use
        earlier = found.setdefault((wanted.technology, wanted.category), wanted)
        main = earlier.main or wanted.main
        found[wanted.technology, wanted.category] = replace(earlier, main=main)
    return tuple(found.values())


def in_order(*moves: Move) -> list[Move]:
    return sorted(moves, key=lambda move: move.at)
