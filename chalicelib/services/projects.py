"""The rules for projects: who may write one, what its technologies are, never without a contact."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from chalicelib.errors import (
    ConflictError,
    Flaw,
    InvalidError,
    NameTakenError,
    NotFoundError,
    UnknownTechnologyError,
)
from chalicelib.models.caller import Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.project import Contact, Project, ProjectQuery, Use
from chalicelib.models.text import name_key
from chalicelib.services.access import require_relation
from chalicelib.services.clock import Clock, timestamp
from chalicelib.services.ids import add_under_free_id, is_id, slug
from chalicelib.services.technologies import Technologies
from chalicelib.stores.port import ProjectStore, ReceiptFor, no_receipt

TRIES = 10
CREATORS_ROLES = ("editor",)
NO_SUCH_PROJECT = "There is no project with this id"


class Projects:
    def __init__(self, store: ProjectStore, technologies: Technologies, clock: Clock) -> None:
        self._store = store
        self._technologies = technologies
        self._clock = clock

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[Project]:
        return self._store.find(query, after, limit)

    def of_caller(self, caller: Caller, after: Position | None, limit: int) -> Page[Project]:
        """The projects that list the caller as a contact."""
        return self._store.of_contact(caller.key, after, limit)

    def get(self, project_id: str) -> Project:
        """Raises NotFoundError."""
        found = self._store.get(project_id) if is_id(project_id) else None
        if found is None:
            raise NotFoundError(NO_SUCH_PROJECT)
        return found

    def with_contacts(self, project_id: str) -> tuple[Project, tuple[Contact, ...]]:
        """The project and its contacts, of one moment. Raises NotFoundError."""
        found = self._store.with_contacts(project_id) if is_id(project_id) else None
        if found is None:
            raise NotFoundError(NO_SUCH_PROJECT)
        return found

    def for_writing(self, project_id: str, caller: Caller, action: str) -> Project:
        """The project, if the caller's relation to it allows `action`. Raises NotFoundError, ForbiddenError."""
        project, contacts = self.with_contacts(project_id)
        require_relation(caller, action, contacts)
        return project

    def technology_names(self, projects: Iterable[Project]) -> Mapping[str, str]:
        """Today's names of the technologies that `projects` use, by id."""
        return self._technologies.names(
            use.technology for project in projects for use in project.technologies
        )

    def create(
        self, draft: Project, caller: Caller, receipt: ReceiptFor[Project] = no_receipt
    ) -> Project:
        """Takes a draft; the caller becomes its contact. Raises InvalidError, NameTakenError, ReceiptExistsError."""
        return self.admit(draft, (Contact(caller.email, CREATORS_ROLES),), caller, receipt)

    def admit(
        self,
        draft: Project,
        contacts: tuple[Contact, ...],
        caller: Caller | None = None,
        receipt: ReceiptFor[Project] = no_receipt,
    ) -> Project:
        """Takes a draft with the contacts it comes with: for loading what is already agreed."""
        now = timestamp(self._clock())

        def write(technologies: tuple[Use, ...]) -> Project:
            def add(project_id: str) -> Project:
                made = replace(
                    draft,
                    id=project_id,
                    technologies=technologies,
                    version=1,
                    created_at=now,
                    updated_at=now,
                    updated_by=caller.email if caller else None,
                )
                self._store.add(made, contacts, receipt(made))
                return made

            return add_under_free_id(slug(draft.name, "project"), add)

        return self._with_technologies(draft, caller, write)

    def replace(
        self,
        current: Project,
        draft: Project,
        caller: Caller,
        contacts: tuple[Contact, ...] | None = None,
    ) -> Project:
        """Puts the draft in the place of `current`, whose id stays.

        Raises InvalidError, NotFoundError, VersionMismatchError, NameTakenError.
        """

        def write(technologies: tuple[Use, ...]) -> Project:
            changed = replace(
                draft,
                id=current.id,
                technologies=technologies,
                version=current.version + 1,
                created_at=current.created_at,
                updated_at=timestamp(self._clock()),
                updated_by=caller.email,
            )
            self._store.replace(changed, current.version, contacts)
            return changed

        return self._with_technologies(draft, caller, write, current.id)

    def remove(self, current: Project) -> None:
        """Raises NotFoundError, VersionMismatchError."""
        self._store.remove(current.id, current.version)

    def _require_free(self, draft: Project, own: str | None) -> None:
        """So that a project which will be refused brings nothing into being. The store has the last word."""
        owner = self._store.owner(draft.name_key)
        if owner not in (None, own):
            raise NameTakenError(f"The project {owner} has this name")

    def _with_technologies(
        self,
        draft: Project,
        caller: Caller | None,
        write: Callable[[tuple[Use, ...]], Project],
        own: str | None = None,
    ) -> Project:
        """Calls `write` with the draft's uses by id; again where a technology was just removed."""
        _require_each_once(draft.technologies, name_key)
        references: dict[str, str] = {}
        for use in draft.technologies:
            references.setdefault(use.technology, use.category)
        for _ in range(TRIES):
            ids = self._technologies.ids_of(
                references, caller, partial(self._require_free, draft, own)
            )
            uses = tuple(replace(use, technology=ids[use.technology]) for use in draft.technologies)
            _require_each_once(uses, str)
            try:
                return write(uses)
            except UnknownTechnologyError:
                continue
        raise ConflictError("Its technologies are being removed: send the request again")


def _require_each_once(uses: tuple[Use, ...], same: Callable[[str], str]) -> None:
    """Raises InvalidError; `same` tells which references are one technology's."""
    seen: dict[tuple[str, str], int] = {}
    flaws = [
        Flaw(f"/technologies/{n}", f"the same technology and category as /technologies/{first}")
        for n, use in enumerate(uses)
        if (first := seen.setdefault((same(use.technology), use.category), n)) != n
    ]
    if flaws:
        raise InvalidError(*flaws)
