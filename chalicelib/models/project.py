"""A software project, the technologies it uses, and who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.models.caller import email_key
from chalicelib.models.text import begins_words, name_key, words

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


@dataclass(frozen=True, slots=True)
class Development:
    type: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Hosting:
    types: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repository:
    type: str
    url: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """That a project uses a technology: named by any reference in a draft, by its id in a record."""

    technology: str
    category: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    email: str
    roles: tuple[str, ...] = ()
    grade: str = ""

    @property
    def key(self) -> str:
        return email_key(self.email)


@dataclass(frozen=True, slots=True)
class Project:
    """A record; without an id it is a draft, what a writer says before the register takes it."""

    name: str
    short_name: str = ""
    programme: str = ""
    description: str = ""
    stage: str | None = None
    development: Development | None = None
    hosting: Hosting = Hosting()
    environments: tuple[str, ...] = ()
    documentation: tuple[str, ...] = ()
    repositories: tuple[Repository, ...] = ()
    technologies: tuple[Use, ...] = ()
    id: str = ""
    version: int = 0
    created_at: str = ""
    updated_at: str = ""
    updated_by: str | None = None

    def __hash__(self) -> int:
        """Of no more than tells most apart: one of all parts takes longer than making them into JSON."""
        return hash((self.id, self.version, self.name))

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
    """Which projects a list holds and in which order; `sort` None is by rank for `words`
    (the shortest text that holds them first), else by name.

    `words`, `technology`, `programme` or the order drives the list, the first of them that is
    given; the others are filters over what it yields.
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


def project_document(project: Project) -> dict[str, Any]:
    """The project as JSON says it, in the API and in the stores; who wrote it last is left out."""
    development = project.development
    return {
        "id": project.id,
        "name": project.name,
        "short_name": project.short_name,
        "programme": project.programme,
        "description": project.description,
        "stage": project.stage,
        "development": development and {"type": development.type, "company": development.company},
        "hosting": {
            "types": list(project.hosting.types),
            "details": list(project.hosting.details),
        },
        "environments": list(project.environments),
        "documentation": list(project.documentation),
        "repositories": [
            {"type": r.type, "url": r.url, "description": r.description}
            for r in project.repositories
        ],
        "technologies": [
            {"technology": u.technology, "category": u.category, "main": u.main}
            for u in project.technologies
        ],
        "version": project.version,
        "created_at": project.created_at,
        "updated_at": project.updated_at,
    }


def project_from(document: Mapping[str, Any], updated_by: str | None = None) -> Project:
    """The record that `project_document` wrote."""
    development = document["development"]
    hosting = document["hosting"]
    return Project(
        **{
            **document,
            "development": development and Development(**development),
            "hosting": Hosting(tuple(hosting["types"]), tuple(hosting["details"])),
            "environments": tuple(document["environments"]),
            "documentation": tuple(document["documentation"]),
            "repositories": tuple(Repository(**r) for r in document["repositories"]),
            "technologies": tuple(Use(**u) for u in document["technologies"]),
        },
        updated_by=updated_by,
    )


def contact_document(contact: Contact) -> dict[str, Any]:
    return {"email": contact.email, "roles": list(contact.roles), "grade": contact.grade}


def contact_from(document: Mapping[str, Any]) -> Contact:
    return Contact(document["email"], tuple(document["roles"]), document["grade"])
