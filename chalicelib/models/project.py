"""A software project, the technologies that it uses, and its contacts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.models.caller import email_key
from chalicelib.models.record import document_of, record_from
from chalicelib.models.text import as_json, begins_words, name_key, words

STAGES = ("development", "active-support", "unsupported")
DEVELOPMENTS = ("in-house", "outsourced", "partnership")
HOSTINGS = ("on-premises", "cloud", "hybrid")
ENVIRONMENTS = ("dev", "int", "uat", "preprod", "prod", "postprod")
REPOSITORY_TYPES = ("github", "gitlab", "other")
CATEGORIES = (
    "languages",
    "frameworks",
    "databases",
    "cicd",
    "infrastructure",
    "publishing",
    "code-editors",
    "user-interface",
    "diagrams",
    "documentation",
    "communication",
    "collaboration",
    "project-tracking",
    "incident-management",
)
SORTS = ("name", "-name", "updated_at", "-updated_at")
# Members of a record that are in no document of a project.
APART = ("contacts", "updated_by", "mark")
MOST_CONTACTS = 20
LARGEST_PROJECT = 64 * 1024  # bytes of JSON, with its contacts


@dataclass(frozen=True, slots=True)
class Development:
    type: str
    company: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hosting:
    types: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Repository:
    type: str
    url: str = ""
    description: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A dependency or a tool. Its name is free text, not a technology of the register."""

    name: str
    description: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Use:
    """A project's use of a technology.

    `technology` is any reference in a draft and the id in a record; `name` is the technology's name.
    """

    technology: str
    category: str
    main: bool = False
    name: str = field(default="", compare=False)
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    email: str
    roles: tuple[str, ...] = ()
    grade: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def key(self) -> str:
        return email_key(self.email)


@dataclass(frozen=True, slots=True)
class Project:
    """A record; without an id it is a draft.

    `contacts` and `updated_by` are personal data, which are in no document of a project. `mark` is
    the store's own, and changes with each write. `rest` holds the stored members that are unknown to
    this release.
    """

    name: str
    short_name: str = ""
    programme: str = ""
    programme_short_name: str = ""
    description: str = ""
    stage: str | None = None
    development: Development | None = None
    hosting: Hosting = Hosting()
    environments: tuple[str, ...] = ()
    documentation: tuple[str, ...] = ()
    repositories: tuple[Repository, ...] = ()
    technologies: tuple[Use, ...] = ()
    dependencies: tuple[Item, ...] = ()
    miscellaneous: tuple[Item, ...] = ()
    id: str = ""
    version: int = 0
    created_at: str = ""
    updated_at: str = ""
    updated_by: str | None = None
    contacts: tuple[Contact, ...] = ()
    mark: str = field(default="", compare=False, repr=False)
    rest: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name_key(self) -> str:
        return name_key(self.name)

    @property
    def programme_key(self) -> str:
        return name_key(self.programme)

    @property
    def words(self) -> tuple[str, ...]:
        return words(self.name, self.short_name, self.programme)

    @property
    def technology_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(use.technology for use in self.technologies))


@dataclass(frozen=True, slots=True)
class ProjectQuery:
    """The projects of a list, and their order.

    If `sort` is None, the order is by rank for `words` (the shortest text first), else by name. The
    first one given of `words`, `technology`, `programme` and the order drives the list. The others
    filter it.
    """

    words: tuple[str, ...] = ()
    technology: str | None = None
    programme: str | None = None
    stage: str | None = None
    development: str | None = None
    hosting: str | None = None
    sort: str | None = None

    def admits(self, project: Project) -> bool:
        kind = project.development.type if project.development else None
        return (
            (not self.words or begins_words(self.words, project.words))
            and (self.technology is None or self.technology in project.technology_ids)
            and (self.programme is None or self.programme == project.programme_key)
            and self.stage in (None, project.stage)
            and self.development in (None, kind)
            and (self.hosting is None or self.hosting in project.hosting.types)
        )


def project_document(project: Project, *, stored: bool = False) -> dict[str, Any]:
    """The API's document. `stored`: with the members that are unknown to this release."""
    development = project.development
    made = {
        "development": development and document_of(development, stored=stored),
        "hosting": document_of(project.hosting, stored=stored),
        "repositories": [document_of(each, stored=stored) for each in project.repositories],
        "technologies": [document_of(each, stored=stored) for each in project.technologies],
        "dependencies": [document_of(each, stored=stored) for each in project.dependencies],
        "miscellaneous": [document_of(each, stored=stored) for each in project.miscellaneous],
    }
    document = {"id": project.id, **document_of(project, stored=stored, **made)}
    for apart in APART:
        del document[apart]
    return document


def project_from(
    document: Mapping[str, Any],
    contacts: Iterable[Mapping[str, Any]] = (),
    updated_by: str | None = None,
    mark: str = "",
) -> Project:
    """The record of a document that this or another release has stored."""
    development = document.get("development")
    return record_from(
        Project,
        document,
        development=development and record_from(Development, development),
        hosting=record_from(Hosting, document.get("hosting") or {}),
        repositories=tuple(record_from(Repository, r) for r in document.get("repositories", ())),
        technologies=tuple(record_from(Use, u) for u in document.get("technologies", ())),
        dependencies=tuple(record_from(Item, i) for i in document.get("dependencies", ())),
        miscellaneous=tuple(record_from(Item, i) for i in document.get("miscellaneous", ())),
        contacts=tuple(map(contact_from, contacts)),
        updated_by=updated_by,
        mark=mark,
    )


def contact_document(contact: Contact, *, stored: bool = False) -> dict[str, Any]:
    return document_of(contact, stored=stored)


def contact_from(document: Mapping[str, Any]) -> Contact:
    return record_from(Contact, document)


def size_of(project: Project) -> int:
    """The bytes of JSON of the project and its contacts. At most LARGEST_PROJECT are allowed."""
    contacts = [contact_document(contact) for contact in project.contacts]
    return len(as_json({**project_document(project), "contacts": contacts}).encode())
