"""Taking what was read into the register, through its services: what is there already stays.

Every write stands on its own, so that a load that was cut short is completed by repeating it.
Writes are conditional; where somebody else wrote first, it begins again from what is there now.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from history import grown_up, is_only_born, merged
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
from chalicelib.models.project import ProjectQuery, Use
from chalicelib.models.technology import (
    Technology,
    TechnologyQuery,
)
from chalicelib.models.text import name_key
from chalicelib.routes.bodies.project import MOST_TECHNOLOGIES
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
            self._project_keys = {
                project.name_key for project in everything(self._projects.find, ProjectQuery())
            }
        return self._project_keys

    def _admit(self, record: Record) -> None:
        draft, place = record.draft, record.place.at("technologies")
        ids = self._technologies.resolve(name_key(use.technology) for use in draft.technologies)

        def same(use: Use) -> str:
            key = name_key(use.technology)
            return ids.get(key, key)

        uses, doubles = each_once(draft.technologies, same)
        uses, surplus = uses[:MOST_TECHNOLOGIES], uses[MOST_TECHNOLOGIES:]
        self._projects.admit(replace(draft, technologies=uses), record.contacts)
        for use in doubles:
            place.mend(f"{use.technology} is another name of one that is there: once is enough")
        for use in surplus:
            place.leave_out(f"{use.technology}: a project has at most {MOST_TECHNOLOGIES}")
        born = (use.technology for use in uses if name_key(use.technology) not in ids)
        place.report.born |= dict.fromkeys(born)

    def _put(self, entry: Entry) -> None:
        current = self._current(entry.draft)
        before = self._entries.get((entry.place.report.file, current.id if current else ""))
        if before:
            entry.place.leave_out(f"goes by a name of {before}")
            return
        free, taken = self._aliases(entry.draft, current)
        draft = replace(entry.draft, aliases=free)
        stored = self._write(draft, current, entry.place.report)
        self._entries[entry.place.report.file, stored.id] = entry.place.record
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
        technology_id = self._technologies.id_of(draft.name)
        if technology_id:
            return self._technologies.get(technology_id)
        for alias in draft.aliases:
            technology_id = self._technologies.id_of(alias)
            found = self._technologies.get(technology_id) if technology_id else None
            if found and is_only_born(found):
                return found
        return None

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
