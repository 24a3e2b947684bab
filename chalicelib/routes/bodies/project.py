"""Bodies of the routes for projects and their contacts."""

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field
from typing_extensions import TypeAliasType

from chalicelib.models import project as models
from chalicelib.models.caller import email_key
from chalicelib.models.project import MOST_CONTACTS
from chalicelib.routes.bodies.common import (
    Body,
    Category,
    Email,
    Line,
    Name,
    ReadOnly,
    Text,
    Url,
    UrlOrNothing,
    choice,
)

MOST_TECHNOLOGIES = 100
MOST_LINKS = 50
MOST_ITEMS = 50
MOST_ROLES = 10
Stage = TypeAliasType("Stage", Annotated[str, *choice(models.STAGES)])
DevelopmentType = TypeAliasType("DevelopmentType", Annotated[str, *choice(models.DEVELOPMENTS)])
HostingType = TypeAliasType("HostingType", Annotated[str, *choice(models.HOSTINGS)])
Environment = TypeAliasType("Environment", Annotated[str, *choice(models.ENVIRONMENTS)])
RepositoryType = TypeAliasType("RepositoryType", Annotated[str, *choice(models.REPOSITORY_TYPES)])


class DevelopmentBody(Body):
    type: DevelopmentType
    company: Line = ""

    def to_model(self) -> models.Development:
        return models.Development(self.type, self.company)


class HostingBody(Body):
    types: list[HostingType] = Field(default=[], max_length=len(models.HOSTINGS))
    details: list[Name] = Field(default=[], max_length=MOST_LINKS)


class RepositoryBody(Body):
    type: RepositoryType
    url: UrlOrNothing = ""
    description: Text = ""


class TechnologyUseBody(Body):
    """A technology that the project uses."""

    technology: Annotated[
        Name, Field(description="The API also accepts its name or an alias, of 1 to 200 characters")
    ]
    category: Category
    main: bool = False
    name: Annotated[
        Text, Field(description="The API ignores it, so that you can send an answer back")
    ] = ""


class NamedItemBody(Body):
    name: Name
    description: Text = ""

    def to_model(self) -> models.Item:
        return models.Item(self.name, self.description)


class WritableProject(Body):
    name: Name
    short_name: Line = ""
    programme: Line = ""
    programme_short_name: Line = ""
    description: Text = ""
    stage: Stage | None = None
    development: DevelopmentBody | None = None
    hosting: HostingBody = HostingBody()
    environments: list[Environment] = Field(default=[], max_length=len(models.ENVIRONMENTS))
    documentation: list[Url] = Field(default=[], max_length=MOST_LINKS)
    repositories: list[RepositoryBody] = Field(default=[], max_length=MOST_LINKS)
    technologies: list[TechnologyUseBody] = Field(default=[], max_length=MOST_TECHNOLOGIES)
    dependencies: list[NamedItemBody] = Field(default=[], max_length=MOST_ITEMS)
    miscellaneous: list[NamedItemBody] = Field(default=[], max_length=MOST_ITEMS)

    def to_draft(self) -> models.Project:
        return models.Project(
            name=self.name,
            short_name=self.short_name,
            programme=self.programme,
            programme_short_name=self.programme_short_name,
            description=self.description,
            stage=self.stage,
            development=self.development.to_model() if self.development else None,
            hosting=models.Hosting(_each_once(self.hosting.types), tuple(self.hosting.details)),
            environments=_each_once(self.environments),
            documentation=_each_once(self.documentation),
            repositories=tuple(
                models.Repository(r.type, r.url, r.description) for r in self.repositories
            ),
            technologies=tuple(
                models.Use(u.technology, u.category, u.main) for u in self.technologies
            ),
            dependencies=tuple(item.to_model() for item in self.dependencies),
            miscellaneous=tuple(item.to_model() for item in self.miscellaneous),
        )


class ProjectChangeBody(WritableProject):
    """The whole of a project. An absent member becomes empty."""

    id: ReadOnly = None
    version: ReadOnly = None
    created_at: ReadOnly = None
    updated_at: ReadOnly = None


class NewContactBody(Body):
    email: Email
    roles: list[Name] = Field(default=[], max_length=MOST_ROLES)
    grade: Line = ""


def _distinct(contacts: list[NewContactBody]) -> list[NewContactBody]:
    if len({email_key(contact.email) for contact in contacts}) < len(contacts):
        raise ValueError("must list each e-mail address only once")
    return contacts


class NewProjectBody(WritableProject):
    """A project to create."""

    contacts: Annotated[
        list[NewContactBody],
        Field(
            default=[],
            max_length=MOST_CONTACTS,
            description="The people who are responsible for the project. The API adds the calling user",
        ),
        AfterValidator(_distinct),
    ]

    def to_draft(self) -> models.Project:
        return replace(super().to_draft(), contacts=_contacts(self.contacts))


class ContactListChangeBody(Body):
    """The whole list of contacts of a project."""

    contacts: Annotated[
        list[NewContactBody],
        Field(min_length=1, max_length=MOST_CONTACTS),
        AfterValidator(_distinct),
    ]
    version: ReadOnly = None
    updated_at: ReadOnly = None
    updated_by: ReadOnly = None

    def to_contacts(self) -> tuple[models.Contact, ...]:
        return _contacts(self.contacts)


def _contacts(contacts: list[NewContactBody]) -> tuple[models.Contact, ...]:
    return tuple(models.Contact(c.email, tuple(c.roles), c.grade) for c in contacts)


def _each_once(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
