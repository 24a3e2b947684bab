"""Bodies of the routes for projects and their contacts."""

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.models import project as models
from chalicelib.models.caller import email_key
from chalicelib.models.project import MOST_CONTACTS
from chalicelib.routes.bodies.common import (
    Body,
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


class DevelopmentBody(Body):
    type: Annotated[str, *choice(models.DEVELOPMENTS)]
    company: Line = ""

    def to_model(self) -> models.Development:
        return models.Development(self.type, self.company)


class HostingBody(Body):
    types: list[Annotated[str, *choice(models.HOSTINGS)]] = Field(
        default=[], max_length=len(models.HOSTINGS)
    )
    details: list[Name] = Field(default=[], max_length=MOST_LINKS)


class RepositoryBody(Body):
    type: Annotated[str, *choice(models.REPOSITORY_TYPES)]
    url: UrlOrNothing = ""
    description: Text = ""


class UseBody(Body):
    """`name` is what a reader is told of the technology today; sent back it is passed over."""

    technology: Name
    category: Annotated[str, *choice(models.CATEGORIES)]
    main: bool = False
    name: Annotated[Text, Field(description="Passed over, whatever it says")] = ""


class ItemBody(Body):
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
    stage: Annotated[str, *choice(models.STAGES)] | None = None
    development: DevelopmentBody | None = None
    hosting: HostingBody = HostingBody()
    environments: list[Annotated[str, *choice(models.ENVIRONMENTS)]] = Field(
        default=[], max_length=len(models.ENVIRONMENTS)
    )
    documentation: list[Url] = Field(default=[], max_length=MOST_LINKS)
    repositories: list[RepositoryBody] = Field(default=[], max_length=MOST_LINKS)
    technologies: list[UseBody] = Field(default=[], max_length=MOST_TECHNOLOGIES)
    dependencies: list[ItemBody] = Field(default=[], max_length=MOST_ITEMS)
    miscellaneous: list[ItemBody] = Field(default=[], max_length=MOST_ITEMS)

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
        raise ValueError("lists an e-mail address twice")
    return contacts


class NewProjectBody(WritableProject):
    """`contacts` are those beside the caller, who is one of them in any case."""

    contacts: Annotated[
        list[NewContactBody],
        Field(default=[], max_length=MOST_CONTACTS),
        AfterValidator(_distinct),
    ]

    def to_draft(self) -> models.Project:
        return replace(super().to_draft(), contacts=_contacts(self.contacts))


class ContactsChangeBody(Body):
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
