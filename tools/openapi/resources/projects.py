"""Software projects, and who answers for them."""

from typing import Annotated

from pydantic import BaseModel, Field

from chalicelib.models import project as projects
from chalicelib.routes.bodies.common import choice
from tools.openapi.common import Id, NextCursor, Time, Version

TAG = "Software projects: what they are, what they use, who answers for them."


class ProjectDevelopmentAnswer(BaseModel):
    type: Annotated[str, *choice(projects.DEVELOPMENTS)]
    company: str


class ProjectHostingAnswer(BaseModel):
    types: list[Annotated[str, *choice(projects.HOSTINGS)]]
    details: list[str]


class ProjectRepositoryAnswer(BaseModel):
    type: Annotated[str, *choice(projects.REPOSITORY_TYPES)]
    url: str = Field(description="Empty where only the kind is known")
    description: str


class ProjectTechnologyAnswer(BaseModel):
    technology: Id
    category: Annotated[str, *choice(projects.CATEGORIES)]
    main: bool
    name: str = Field(
        description="What the technology is called; a renaming may take a minute to show here"
    )


class ProjectItemAnswer(BaseModel):
    name: str
    description: str


class ProjectAnswer(BaseModel):
    """A software project. Its contacts are apart from it: e-mail addresses are personal data."""

    id: Id
    name: str
    short_name: str
    programme: str
    programme_short_name: str
    description: str
    stage: Annotated[str, *choice(projects.STAGES)] | None
    development: ProjectDevelopmentAnswer | None
    hosting: ProjectHostingAnswer
    environments: list[Annotated[str, *choice(projects.ENVIRONMENTS)]]
    documentation: list[str]
    repositories: list[ProjectRepositoryAnswer]
    technologies: list[ProjectTechnologyAnswer]
    dependencies: list[ProjectItemAnswer] = Field(description="What the project depends on")
    miscellaneous: list[ProjectItemAnswer] = Field(
        description="Supporting tools that fit no category"
    )
    version: Version
    created_at: Time
    updated_at: Time


class ProjectListAnswer(BaseModel):
    items: list[ProjectAnswer]
    next_cursor: NextCursor


class ContactAnswer(BaseModel):
    email: str
    roles: list[str]
    grade: str


class ContactsAnswer(BaseModel):
    """Who answers for a project, with the project's version, which they share."""

    contacts: list[ContactAnswer]
    version: Version
    updated_at: Time
    updated_by: str | None = Field(description="The e-mail address of who wrote last")
