"""Taking what was read into the register, through its services: what is there already stays.

Every write stands on its own, so that a load that was cut short is completed by repeating it.
Writes are conditional; where somebody else wrote first, it begins again from what is there now.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from history import grown_up, is_only_born, lacking, merged
from projects_document import Record
from radar_document import Entry
from report import Report
from uses import each_once

from chalicelib.errors import (
    ConflictError,
    InvalidError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    VersionMismatchError,
)
from chalicelib.models.page import Page, Position
from chalicelib.models.project import ProjectQuery
from chalicelib.models.technology import SHOWN_MOVES, Move, Technology, TechnologyQuery
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.project import MOST_TECHNOLOGIES
from chalicelib.services.new_technologies import expected_technologies
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies

Q = TypeVar("Q")
T = TypeVar("T")
TRIES = 10
AT_ONCE = 100


class Register:
    def __init__(self, technologies: Technologies, projects: Projects) -> None:
        self._technologies = technologies
        self._projects = projects
        self._project_keys: set[str] | None = None
        # The entry behind each technology that was taken, by file and id.
        self._entries: dict[tuple[str, str], str] = {}

    def is_empty(self) -> bool:
        return not (
            self._projects.find(ProjectQuery(), None, 1).items
            or self._technologies.find(TechnologyQuery(), None, 1).items
        )

    def take_project(self, record: Record) -> None:
        """Adds the project, unless one of its name is there: teams may have edited it since."""
        report = record.place.report
        if record.draft.name_key in self._known_projects():
            report.already_there += 1
            return
        try:
            _repeat(lambda: self._admit(record), InvalidError)
            report.added += 1
        except NameTakenError:  # added by somebody else a moment ago
            report.already_there += 1
        except (ConflictError, InvalidError) as error:
            record.place.leave_out(str(error))
            return
        self._known_projects().add(record.draft.name_key)

    def take_technology(self, entry: Entry) -> None:
        """Adds the technology, or the moves that it lacks."""
        try:
            _repeat(lambda: self._put(entry), NameTakenError, NotFoundError, VersionMismatchError)
        except (ConflictError, NotFoundError, VersionMismatchError) as error:
            entry.place.leave_out(str(error))

    def _known_projects(self) -> set[str]:
        if self._project_keys is None:
            found = everything(self._projects.find, ProjectQuery())
            self._project_keys = {name_key(json.loads(text)["name"]) for text in found}
        return self._project_keys

    def _admit(self, record: Record) -> None:
        draft, place = record.draft, record.place.at("technologies")
        known = self._technologies.resolve(name_key(use.technology) for use in draft.technologies)
        names = expected_technologies(draft.technologies, known)
        uses, doubles = each_once(
            draft.technologies, lambda use: names[name_key(use.technology)].id
        )
        uses, surplus = uses[:MOST_TECHNOLOGIES], uses[MOST_TECHNOLOGIES:]
        self._projects.admit(replace(draft, technologies=uses, contacts=record.contacts))
        for use in doubles:
            place.mend(f"{use.technology} is another name of one that is there: once is enough")
        for use in surplus:
            place.leave_out(f"{use.technology}: a project has at most {MOST_TECHNOLOGIES}")
        born = (use.technology for use in uses if name_key(use.technology) not in known)
        place.report.born |= dict.fromkeys(born)

    def _put(self, entry: Entry) -> None:
        current = self._current(entry.draft)
        before = self._entries.get((entry.place.report.file, current.id if current else ""))
        if before:
            entry.place.leave_out(f"goes by a name of {before}")
            return
        free, taken = self._aliases(entry.draft, current)
        moves, too_old = self._moves(entry.draft, current)
        draft = replace(entry.draft, aliases=free, moves=moves)
        stored = self._write(draft, current, entry.place.report)
        self._entries[entry.place.report.file, stored.id] = entry.place.record
        for move in too_old:
            when = f"{move.ring} of {move.at[:10]}"
            entry.place.leave_out(f"{when} is older than the last {SHOWN_MOVES} moves")
        if taken and stored is not current:
            entry.place.mend(f"another technology goes by {', '.join(taken)}: no alias of this one")

    def _write(self, draft: Technology, current: Technology | None, report: Report) -> Technology:
        if current is None:
            stored = self._technologies.create(draft, None)
            report.added += 1
            return stored
        if is_only_born(current):
            changed = grown_up(current, draft)
        else:
            changed = replace(current, moves=merged(current.moves, draft.moves))
        if changed == current:
            report.already_there += 1
            return current
        stored = self._technologies.replace(current, changed, None)
        report.changed += 1
        return stored

    def _current(self, draft: Technology) -> Technology | None:
        """The technology of this name; or one that a project brought into being under another spelling."""
        named = self._named(draft.name)
        if named:
            return named
        others = map(self._named, draft.aliases)
        return next((found for found in others if found and is_only_born(found)), None)

    def _named(self, reference: str) -> Technology | None:
        technology_id = self._technologies.id_of(reference)
        try:
            return self._technologies.get(technology_id) if technology_id else None
        except NotFoundError:  # a name is remembered for a while after its technology is removed
            return None

    def _moves(
        self, draft: Technology, current: Technology | None
    ) -> tuple[tuple[Move, ...], tuple[Move, ...]]:
        """The draft's moves that can be written, and those that cannot.

        A move is put among the last ones, which a record holds; what was before them stays.
        """
        if current is None or current.move_count == len(current.moves):
            return draft.moves, ()
        newest_first = tuple(everything(self._technologies.moves, current.id))
        oldest = current.moves[0].at
        too_old = tuple(move for move in lacking(newest_first, draft.moves) if move.at < oldest)
        return lacking((*newest_first[SHOWN_MOVES:], *too_old), draft.moves), too_old

    def _aliases(
        self, draft: Technology, current: Technology | None
    ) -> tuple[tuple[str, ...], list[str]]:
        """The aliases that it can have, and those that another technology has."""
        own = (None, current.id if current else None)
        taken = [alias for alias in draft.aliases if self._technologies.id_of(alias) not in own]
        return tuple(alias for alias in draft.aliases if alias not in taken), taken


def everything(find: Callable[[Q, Position | None, int], Page[T]], query: Q) -> Iterator[T]:
    """All that `find` finds, page after page."""
    position = None
    while True:
        page = find(query, position, AT_ONCE)
        yield from page.items
        position = page.next
        if position is None:
            return


def _repeat(write: Callable[[], None], *errors: type[RegisterError]) -> None:
    """Calls `write`; on one of these errors again, from what is there by then. Raises the last of them."""
    for _ in range(TRIES - 1):
        try:
            return write()
        except errors:
            continue
    return write()
