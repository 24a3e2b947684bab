"""The rules for projects: the right to write one, its technologies, and its contacts."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from chalicelib.errors import (
    ConflictError,
    Flaw,
    InvalidError,
    NameTakenError,
    NotFoundError,
    RegisterError,
    UnavailableError,
    UnknownTechnologyError,
)
from chalicelib.models.caller import Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.project import (
    LARGEST_PROJECT,
    MOST_CONTACTS,
    Contact,
    Project,
    ProjectQuery,
    Use,
    project_document,
    size_of,
)
from chalicelib.models.record import carry_rest
from chalicelib.models.text import as_json, name_key
from chalicelib.services.access import require_relation
from chalicelib.services.clock import Clock, timestamp
from chalicelib.services.ids import add_under_free_id, is_id, slug
from chalicelib.services.new_technologies import NewTechnologies
from chalicelib.services.technologies import Technologies
from chalicelib.stores.port import ProjectStore, ReceiptFor, no_receipt

TRIES = 10
CREATORS_ROLES = ("Editor",)


class Projects:
    """Lists are pages of JSON texts, as they are served."""

    def __init__(self, store: ProjectStore, technologies: Technologies, clock: Clock) -> None:
        self._store = store
        self._technologies = technologies
        self._clock = clock

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[str]:
        return self._store.find(query, after, limit)

    def named(self, name: str, query: ProjectQuery) -> Page[str]:
        """The project with exactly this name, if the query admits it."""
        owner = self._store.owner(name_key(name))
        found = self._store.get(owner) if owner else None
        is_it = found and found.name_key == name_key(name) and query.admits(found)
        return Page((as_json(project_document(found)),) if found and is_it else ())

    def of_caller(self, caller: Caller, after: Position | None, limit: int) -> Page[str]:
        """The projects that list the caller as a contact."""
        return self._store.of_contact(caller.key, after, limit)

    def of_technology(self, technology_id: str, after: Position | None, limit: int) -> Page[str]:
        """The projects that use the technology. Raises NotFoundError.

        Reads the technology itself only if the first page is empty.
        """
        page: Page[str] = Page(())
        if is_id(technology_id):
            page = self._store.find(ProjectQuery(technology=technology_id), after, limit)
        if after is None and not page.items:
            self._technologies.get(technology_id)
        return page

    def get(self, project_id: str) -> Project:
        """The project with its contacts. Raises NotFoundError."""
        found = self._store.get(project_id) if is_id(project_id) else None
        if found is None:
            raise NotFoundError("There is no project with this id: GET /api/v1/projects lists them")
        return found

    def for_writing(self, project_id: str, caller: Caller, action: str) -> Project:
        """The project, if the caller's relation to it allows `action`. Raises NotFoundError, ForbiddenError."""
        project = self.get(project_id)
        require_relation(caller, action, project.contacts)
        return project

    def create(
        self, draft: Project, caller: Caller, receipt: ReceiptFor[Project] = no_receipt
    ) -> Project:
        """Writes a draft. The calling user becomes its first contact, unless the draft lists them.

        Raises as `admit` does.
        """
        contacts = draft.contacts
        if caller.email and caller.key not in {contact.key for contact in contacts}:
            contacts = (Contact(caller.email, CREATORS_ROLES), *contacts)
        if not contacts:
            raise InvalidError(
                Flaw("/contacts", "must have a contact, because the caller is a service")
            )
        if len(contacts) > MOST_CONTACTS:
            flaw = f"with you it has more than {MOST_CONTACTS} contacts: remove one"
            raise InvalidError(Flaw("/contacts", flaw))
        return self.admit(replace(draft, contacts=contacts), caller, receipt)

    def admit(
        self,
        draft: Project,
        caller: Caller | None = None,
        receipt: ReceiptFor[Project] = no_receipt,
    ) -> Project:
        """Writes a draft with its contacts. A load has no caller.

        Raises InvalidError, NameTakenError, QuotaExceededError, ReceiptExistsError.
        """
        now = timestamp(self._clock())

        def write(uses: tuple[Use, ...]) -> Project:
            def add(project_id: str) -> Project:
                made = replace(
                    draft,
                    id=project_id,
                    technologies=uses,
                    version=1,
                    created_at=now,
                    updated_at=now,
                    updated_by=caller.author if caller else None,
                )
                _require_fit(made)
                self._store.add(made, receipt(made))
                return made

            return add_under_free_id(slug(draft.name, "project"), add)

        return self._write(draft, caller, write)

    def replace(self, current: Project, draft: Project, caller: Caller) -> Project:
        """Replaces `current` with the draft. The id, the contacts and unknown members stay.

        Raises InvalidError, NotFoundError, VersionMismatchError, NameTakenError, QuotaExceededError.
        """
        wanted = replace(
            draft,
            id=current.id,
            development=carry_rest(draft.development, current.development),
            hosting=carry_rest(draft.hosting, current.hosting),
            repositories=carry_rest(draft.repositories, current.repositories),
            dependencies=carry_rest(draft.dependencies, current.dependencies),
            miscellaneous=carry_rest(draft.miscellaneous, current.miscellaneous),
            contacts=current.contacts,
            rest=current.rest,
        )

        def write(uses: tuple[Use, ...]) -> Project:
            uses = carry_rest(uses, current.technologies)
            return self._put(current, replace(wanted, technologies=uses), caller)

        return self._write(wanted, caller, write)

    def replace_contacts(
        self, current: Project, contacts: tuple[Contact, ...], caller: Caller
    ) -> Project:
        """Raises InvalidError, NotFoundError, VersionMismatchError."""
        contacts = carry_rest(contacts, current.contacts)
        return self._put(current, replace(current, contacts=contacts), caller)

    def remove(self, current: Project) -> None:
        """Raises NotFoundError, VersionMismatchError."""
        self._store.remove(current)

    def _put(self, current: Project, wanted: Project, caller: Caller) -> Project:
        changed = replace(
            wanted,
            version=current.version + 1,
            created_at=current.created_at,
            updated_at=timestamp(self._clock()),
            updated_by=caller.author,
        )
        _require_fit(changed)
        self._store.replace(current, changed)
        return changed

    def _write(
        self,
        draft: Project,
        caller: Caller | None,
        write: Callable[[tuple[Use, ...]], Project],
    ) -> Project:
        """Calls `write` with the draft's uses by id. Repeats it if a technology was just deleted.

        The technologies that were created for the draft are deleted if the draft is refused.
        """
        new = NewTechnologies(self._technologies, caller, self._clock)

        def check(uses: tuple[Use, ...]) -> None:
            _require_fit(replace(draft, technologies=uses))
            self._require_free_name(draft)

        try:
            for _ in range(TRIES):
                with suppress(UnknownTechnologyError):
                    return write(new.identify(draft.technologies, check))
            raise ConflictError("Its technologies are being deleted: send the request again")
        except RegisterError as refusal:
            if not isinstance(refusal, UnavailableError):
                new.remove()
            raise

    def _require_free_name(self, draft: Project) -> None:
        """Finds a taken name before technologies are created. The store checks it again."""
        owner = self._store.owner(draft.name_key)
        if owner not in (None, draft.id):
            raise NameTakenError.by(f"project {owner}")


def _require_fit(project: Project) -> None:
    size = size_of(project)
    if size > LARGEST_PROJECT:
        raise InvalidError(
            Flaw(
                "",
                f"the project and its contacts are {size} bytes of JSON: at most"
                f" {LARGEST_PROJECT} are allowed, so shorten its texts or lists",
            )
        )
