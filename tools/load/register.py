"""Writes records to the register, through its services. Existing values stay.

Each write is independent, so a second load completes an interrupted one. Writes are conditional:
after another writer's change, the load reads the record again and repeats its write.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from chalicelib import errors
from chalicelib.bootstrap import Services, open_store, services, sqlite_path
from chalicelib.models import technology as models
from chalicelib.models.directorate import Directorates
from chalicelib.models.page import Page, Position
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import (
    MOST_ALIASES,
    SHOWN_MOVES,
    Move,
    Technology,
    TechnologyQuery,
)
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.project import MOST_TECHNOLOGIES
from chalicelib.services.new_technologies import expected_technologies
from chalicelib.settings import Settings
from chalicelib.stores.port import Store
from ops.stage import read_settings
from tools.load.directorates import of_known_directorates
from tools.load.projects import each_once
from tools.load.reading import Found
from tools.load.report import Report

Q = TypeVar("Q")
T = TypeVar("T")
TRIES = 10
AT_ONCE = 100
WRITTEN_BY_OTHERS = (errors.NameTakenError, errors.NotFoundError, errors.VersionMismatchError)


class Register:
    def __init__(self, services: Services) -> None:
        self._technologies, self._projects = services.technologies, services.projects
        self.directorates = services.directorates
        # The entry of each loaded technology, by file and id.
        self._entries: dict[tuple[str, str], str] = {}

    def is_empty(self) -> bool:
        projects = self._projects.find(ProjectQuery(), None, 1).items
        return not (projects or self._technologies.find(TechnologyQuery(), None, 1).items)

    def take_project(self, found: Found[Project]) -> None:
        """Adds the project, unless its name exists. Teams may have edited the existing one."""
        report = found.where.report
        if found.draft.name_key in self._project_keys:
            report.already_there += 1
            return
        try:
            _repeat(lambda: self._admit(found), errors.InvalidError)
            report.added += 1
        except errors.NameTakenError:  # added by another writer since the read
            report.already_there += 1
        except (errors.ConflictError, errors.InvalidError) as error:
            found.where.leave_out(str(error))
            return
        self._project_keys.add(found.draft.name_key)

    def take_technology(self, found: Found[Technology]) -> None:
        """Adds the technology, or its missing moves."""
        found = of_known_directorates(found, self._known_directorates)
        try:
            _repeat(lambda: self._put(found), *WRITTEN_BY_OTHERS)
        except (errors.ConflictError, *WRITTEN_BY_OTHERS) as error:
            found.where.leave_out(str(error))

    @cached_property
    def _known_directorates(self) -> Directorates:
        return self.directorates.get()

    @cached_property
    def _project_keys(self) -> set[str]:
        texts = everything(self._projects.find, ProjectQuery())
        return {name_key(json.loads(text)["name"]) for text in texts}

    def _admit(self, found: Found[Project]) -> None:
        draft, where = found.draft, found.where.at("technologies")
        given = draft.technologies
        known = self._technologies.resolve(use.technology for use in given)
        names = expected_technologies(given, known)
        uses, doubles = each_once(given, lambda use: names[use.technology].id)
        uses, surplus = uses[:MOST_TECHNOLOGIES], uses[MOST_TECHNOLOGIES:]
        self._projects.admit(replace(draft, technologies=uses))
        for use in doubles:
            where.correct("{} is another name of a listed technology: stored once", use.technology)
        for use in surplus:
            where.leave_out(f"{{}}: the limit is {MOST_TECHNOLOGIES} technologies", use.technology)
        created = (use.technology for use in uses if use.technology not in known)
        where.report.created |= dict.fromkeys(created)

    def _put(self, found: Found[Technology]) -> None:
        where, report = found.where, found.where.report
        current = self._current(found.draft)
        own_id = current.id if current else ""
        if before := self._entries.get((report.file, own_id)):
            where.leave_out("is the same technology as {}: merge the two entries", before)
            return
        owners = {alias: self._technologies.id_of(alias) for alias in found.draft.aliases}
        free = tuple(alias for alias, owner in owners.items() if owner in (None, own_id))
        taken = [alias for alias in owners if alias not in free]
        moves, too_old = self._moves(found.draft, current)
        stored = self._write(replace(found.draft, aliases=free, moves=moves), current, report)
        self._entries[report.file, stored.id] = where.record
        for move in too_old:
            when = f"{move.ring} of {move.at[:10]}"
            where.leave_out(f"{{}} is older than the last {SHOWN_MOVES} moves", when)
        if taken and stored is not current:
            where.correct("{} is another technology: not stored as an alias", ", ".join(taken))

    def _write(self, draft: Technology, current: Technology | None, report: Report) -> Technology:
        if current is None:
            stored = self._technologies.create(draft, None)
            report.added += 1
            return stored
        changed = _completed(current, draft) if _is_only_named(current) else _merged(current, draft)
        if changed == current:
            report.already_there += 1
            return current
        stored = self._technologies.replace(current, changed, None)
        report.changed += 1
        return stored

    def _current(self, draft: Technology) -> Technology | None:
        """The technology of this name, or one that a project created under another spelling."""
        others = (found for found in map(self._named, draft.aliases) if found)
        return self._named(draft.name) or next(filter(_is_only_named, others), None)

    def _named(self, reference: str) -> Technology | None:
        technology_id = self._technologies.id_of(reference)
        try:
            return self._technologies.get(technology_id) if technology_id else None
        except errors.NotFoundError:  # a name is found for a while after its technology is deleted
            return None

    def _moves(
        self, draft: Technology, current: Technology | None
    ) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
        """The draft's moves that can be written, and those that are too old.

        A record contains the last SHOWN_MOVES moves. Earlier moves cannot be changed.
        """
        if current is None or current.move_count == len(current.moves):
            return draft.moves, ()
        newest_first = tuple(everything(self._technologies.moves, current.id))
        oldest = current.moves[0].at
        too_old = tuple(move for move in _lacking(newest_first, draft.moves) if move.at < oldest)
        return _lacking((*newest_first[SHOWN_MOVES:], *too_old), draft.moves), too_old


def open_register(stage: str, *, dry_run: bool) -> Register:
    """Raises SettingsError, errors.UnavailableError."""
    settings = read_settings(stage, os.environ)
    return Register(services(_rehearsal_of(settings) if dry_run else open_store(settings)))


def _rehearsal_of(settings: Settings) -> Store:
    """A copy of the register in memory, so that a dry run reports the same as the load.

    The copy has all technologies, and the names of all projects.
    """
    copy = open_store(replace(settings, store_url="sqlite:///:memory:"))
    if settings.store_url.startswith("sqlite:") and not sqlite_path(settings).exists():
        return copy  # opening it would create it
    found = services(open_store(settings))
    for text in everything(found.technologies.find, TechnologyQuery()):
        technology = models.technology_from(json.loads(text))
        if technology.move_count > len(technology.moves):
            newest_first = tuple(everything(found.technologies.moves, technology.id))
            technology = replace(technology, moves=newest_first[::-1])
        copy.technologies.add(technology)
    for text in everything(found.projects.find, ProjectQuery()):
        project = json.loads(text)
        copy.projects.add(Project(project["name"], id=project["id"]))
    return copy


def everything(find: Callable[[Q, Position | None, int], Page[T]], query: Q) -> Iterator[T]:
    """All items of all pages of `find`."""
    position = None
    while True:
        page = find(query, position, AT_ONCE)
        yield from page.items
        position = page.next
        if position is None:
            return


def _is_only_named(technology: Technology) -> bool:
    """Whether a project created the technology, and no reviewer has changed it."""
    return [(m.note, m.author) for m in technology.moves] == [(models.BORN_OF_A_PROJECT, None)]


def _completed(created: Technology, draft: Technology) -> Technology:
    """`created` with the values of `draft`. All former names become aliases."""
    names = {name_key(name): name for name in (*draft.aliases, *created.aliases, created.name)}
    names.pop(name_key(draft.name), None)
    return replace(
        created,
        name=draft.name,
        quadrant=draft.quadrant,
        moves=draft.moves,
        aliases=tuple(names.values())[:MOST_ALIASES],
        tags=draft.tags or created.tags,
        description=draft.description or created.description,
        link=draft.link or created.link,
    )


def _merged(current: Technology, draft: Technology) -> Technology:
    """`current` with its missing moves, by date. Moves of one date are in the order of `draft`."""
    absent = _lacking(current.moves, draft.moves)
    order = {_said(move): number for number, move in enumerate(draft.moves)}
    moves = (*current.moves, *absent)
    ordered = sorted(moves, key=lambda move: (move.at, order.get(_said(move), len(order))))
    return replace(current, moves=tuple(ordered)) if absent else current


def _lacking(present: Iterable[Move], wanted: Iterable[Move]) -> tuple[Move, ...]:
    """The moves of `wanted` that are not in `present`. Authors are not compared."""
    known = set(map(_said, present))
    return tuple(move for move in wanted if _said(move) not in known)


def _said(move: Move) -> tuple[str, str, str, int | None]:
    return move.ring, move.at, move.note, move.directorate


def _repeat(write: Callable[[], None], *expected: type[errors.RegisterError]) -> None:
    """Calls `write`, at most TRIES times, until it raises no `expected` error."""
    for _ in range(TRIES - 1):
        with suppress(*expected):
            return write()
    return write()
