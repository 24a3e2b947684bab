"""The merge of a technology into a second one: its projects first, some with each call, then the rest.

The records hold the whole state of a merge, so it can be interrupted and repeated at any point.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from chalicelib.errors import (
    ConflictError,
    Flaw,
    InUseError,
    InvalidError,
    NameTakenError,
    NotFoundError,
    UnknownTechnologyError,
    VersionMismatchError,
)
from chalicelib.models.caller import Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import Move, Technology
from chalicelib.services.clock import Clock, timestamp
from chalicelib.services.ids import is_id
from chalicelib.services.joining import in_order, joined_aliases, joined_uses, require_room
from chalicelib.services.technologies import NO_SUCH_TECHNOLOGY
from chalicelib.stores.port import ProjectStore, TechnologyStore

T = TypeVar("T")

MOST_PROJECTS = 100
MOVES_IN_ONE_WRITE = 30
PAGE = 100
TRIES = 10
# Raised if another writer has changed something since both were read.
MEANWHILE = (VersionMismatchError, NotFoundError, InUseError, UnknownTechnologyError)
# In the `rest` of a technology whose merge has projects left: the id of the second one.
MERGED_INTO = "merged_into"


@dataclass(frozen=True, slots=True)
class Merged:
    """`into` is the id of the second technology; `left` projects still name the first."""

    into: str
    moved: int
    left: int


class Merging:
    """One call changes at most `most` projects."""

    def __init__(
        self,
        technologies: TechnologyStore,
        projects: ProjectStore,
        clock: Clock,
        most: int = MOST_PROJECTS,
    ) -> None:
        self._technologies = technologies
        self._projects = projects
        self._clock = clock
        self._most = most

    def merge(self, first_id: str, into: str, caller: Caller) -> Merged:
        """Makes some projects of the first name the second; deletes the first if none is left.

        Raises InvalidError, NotFoundError, ConflictError.
        """
        if first_id == into:
            raise InvalidError(Flaw("/into", "is the technology itself: name another one"))
        moved = 0
        for _ in range(TRIES):
            first, second = self._pair(first_id, into)
            if first.id == second.id:
                return Merged(second.id, moved, 0)
            require_room(first, second)
            _require_turn(first, second)
            with suppress(*MEANWHILE):
                for is_moved in self._move_projects(first, second, caller, self._most - moved):
                    moved += is_moved
                return Merged(second.id, moved, self._left(first.id, second, caller))
        raise ConflictError("Others are writing these technologies: send the request again")

    def _pair(self, first_id: str, into: str) -> tuple[Technology, Technology]:
        """The two current records; twice the same if the merge has ended."""
        first, second = self._find(first_id), self._find(into)
        if second is None:  # it may have been merged into the first since
            first = self._find(first_id)
        if second and not first and first_id in second.keys:
            first = second
        if first and not second and into in first.keys:
            second = first
        if first is None:
            raise NotFoundError(NO_SUCH_TECHNOLOGY)
        if second is None:
            raise InvalidError(
                Flaw("/into", "is not the id of a technology: use one from the list")
            )
        return first, second

    def _find(self, technology_id: str) -> Technology | None:
        return self._technologies.get(technology_id) if is_id(technology_id) else None

    def _read(self, technology_id: str) -> Technology:
        found = self._technologies.get(technology_id)
        if found is None:
            raise NotFoundError(NO_SUCH_TECHNOLOGY)
        return found

    def _move_projects(
        self, first: Technology, second: Technology, caller: Caller, most: int
    ) -> Iterator[bool]:
        query = ProjectQuery(technology=first.id)
        users = _walk(lambda after: self._projects.find(query, after, PAGE))
        for text in islice(users, most):
            yield self._move_project(json.loads(text)["id"], first, second, caller)

    def _move_project(
        self, project_id: str, first: Technology, second: Technology, caller: Caller
    ) -> bool:
        """Whether it was changed. Repeats on a newer version. Raises UnknownTechnologyError."""
        for _ in range(TRIES):
            project = self._projects.get(project_id)
            if project is None or first.id not in project.technology_ids:
                break
            changed = replace(
                project,
                technologies=joined_uses(project.technologies, first, second),
                version=project.version + 1,
                updated_at=timestamp(self._clock()),
                updated_by=caller.author,
            )
            with suppress(VersionMismatchError, NotFoundError):
                self._projects.replace(project, changed)
                return True
        return False

    def _left(self, first_id: str, second: Technology, caller: Caller) -> int:
        """The number of projects that still name the first. If it is 0, ends the merge."""
        first = self._read(first_id)
        if not first.project_count:
            self._end(first, second, caller)
        elif first.rest.get(MERGED_INTO) != second.id:
            told = replace(first, rest={**first.rest, MERGED_INTO: second.id})
            self._technologies.replace(first, told)
        return first.project_count

    def _end(self, first: Technology, second: Technology, caller: Caller) -> None:
        ring, rings = second.ring, {**first.rings, **second.rings}
        second = self._with_older_moves(first, second, caller)
        require_room(first, second)  # both were read again
        after = replace(self._joined(first, second, ring, caller), rings=rings)
        try:
            self._technologies.absorb(second, first, after)
        except NameTakenError:  # the id of the first is another one's name
            kept = tuple(alias for alias in after.aliases if alias != first.id)
            self._technologies.absorb(second, first, replace(after, aliases=kept))

    def _joined(
        self, first: Technology, second: Technology, ring: str, caller: Caller
    ) -> Technology:
        """The second with the data of the first. It stays in `ring`."""
        known = set(self._history(second))
        added = (move for move in dict.fromkeys(first.moves) if move not in known)
        moves = in_order(*second.moves, *added)
        at = max(timestamp(self._clock()), moves[-1].at)
        end = Move(ring, at, caller.author, f"Merged with {first.name}")
        rest = {name: value for name, value in second.rest.items() if name != MERGED_INTO}
        return self._changed(
            replace(second, rest=rest),
            caller,
            aliases=joined_aliases(first, second),
            categories=tuple(dict.fromkeys((*second.categories, *first.categories))),
            moves=(*moves, end),
        )

    def _with_older_moves(
        self, first: Technology, second: Technology, caller: Caller
    ) -> Technology:
        """The second with the moves that the first no longer shows. Its last move stays the last."""
        older = self._history(first)[: -len(first.moves)]
        known = set(self._history(second)) if older else set()
        lacking = [move for move in dict.fromkeys(older) if move not in known]
        for start in range(0, len(lacking), MOVES_IN_ONE_WRITE):
            *earlier, last = second.moves
            some = in_order(*earlier, *lacking[start : start + MOVES_IN_ONE_WRITE])
            wanted = self._changed(second, caller, moves=(*some, last))
            self._technologies.replace(second, wanted)
            second = self._read(second.id)
        return second

    def _history(self, technology: Technology) -> tuple[Move, ...]:
        """All moves, the oldest first."""
        if technology.move_count == len(technology.moves):
            return technology.moves
        moves = partial(self._technologies.moves, technology.id)
        return tuple(_walk(lambda after: moves(after, PAGE)))[::-1]

    def _changed(self, second: Technology, caller: Caller, **changes: Any) -> Technology:
        now = timestamp(self._clock())
        version = second.version + 1
        return replace(second, **changes, version=version, updated_at=now, updated_by=caller.author)


def _require_turn(first: Technology, second: Technology) -> None:
    """If the opposite merge has projects left, only that of the lower id may go on."""
    if second.rest.get(MERGED_INTO) == first.id and second.id < first.id:
        raise ConflictError(
            f"{second.id} is being merged into {first.id}: continue that merge instead"
        )


def _walk(find: Callable[[Position | None], Page[T] | None]) -> Iterator[T]:
    """The items of all pages, read lazily."""
    after: Position | None = None
    while page := find(after):
        yield from page.items
        after = page.next
        if after is None:
            return
