"""Software projects and their contacts."""

from pydantic import BaseModel, Field

from chalicelib.routes.bodies.common import Category
from chalicelib.routes.bodies.project import (
    DevelopmentType,
    Environment,
    HostingType,
    RepositoryType,
    Stage,
)
from tools.openapi.common import Id, NextCursor, Time, Version

TAG = "Software projects, the technologies that they use, and their contacts."


class ProjectDevelopmentAnswer(BaseModel):
    """The developers of a project."""

    type: DevelopmentType = Field(description="The kind of developers")
    company: str = Field(description="The name of the supplier or partner, or empty")


class ProjectHostingAnswer(BaseModel):
    """The places where a project runs."""

    types: list[HostingType] = Field(description="The kinds of place where the project runs")
    details: list[str] = Field(description="The names of the places, like `GCP`")


class ProjectRepositoryAnswer(BaseModel):
    """A repository of a project's source code."""

    type: RepositoryType = Field(description="The host of the repository")
    url: str = Field(description="The URL of the repository, or empty if only its host is known")
    description: str = Field(description="The content of the repository")


class ProjectTechnologyAnswer(BaseModel):
    """A technology that a project uses."""

    technology: Id = Field(description="The id of the technology")
    category: Category = Field(description="The purpose for which the project uses the technology")
    main: bool = Field(description="True if it is a main technology of the project")
    name: str = Field(
        description="The name of the technology. A new name can take a minute to appear here"
    )


class ProjectItemAnswer(BaseModel):
    """A dependency or a tool of a project, under any name."""

    name: str = Field(description="The name of the dependency or the tool")
    description: str = Field(description="The purpose for which the project needs it")


class ProjectAnswer(BaseModel):
    """A software project. Its contacts are a separate resource, because they are personal data."""

    id: Id
    name: str = Field(description="The name of the project")
    short_name: str = Field(description="The short name of the project, or empty")
    programme: str = Field(description="The programme of the project, or empty")
    programme_short_name: str = Field(description="The short name of the programme, or empty")
    description: str = Field(description="The purpose of the project")
    stage: Stage | None = Field(
        description="The stage of the project in its life, or null if it is unknown"
    )
    development: ProjectDevelopmentAnswer | None = Field(
        description="The developers of the project, or null if they are unknown"
    )
    hosting: ProjectHostingAnswer = Field(description="The places where the project runs")
    environments: list[Environment] = Field(description="The environments of the project")
    documentation: list[str] = Field(description="The URLs of the project's documentation")
    repositories: list[ProjectRepositoryAnswer] = Field(
        description="The repositories of the source code"
    )
    technologies: list[ProjectTechnologyAnswer] = Field(
        description="The technologies that the project uses"
    )
    dependencies: list[ProjectItemAnswer] = Field(
        description="The systems and services that the project depends on"
    )
    miscellaneous: list[ProjectItemAnswer] = Field(
        description="Supporting tools that belong to no category"
    )
    version: Version
    created_at: Time = Field(description="The time of creation in UTC (RFC 3339)")
    updated_at: Time = Field(description="The time of the last write in UTC (RFC 3339)")


class ProjectListAnswer(BaseModel):
    """A page of projects."""

    items: list[ProjectAnswer] = Field(description="The projects of this page")
    next_cursor: NextCursor


class ContactAnswer(BaseModel):
    """A person who is responsible for a project."""

    email: str = Field(description="The e-mail address of the person")
    roles: list[str] = Field(description="The roles of the person in the project")
    grade: str = Field(description="The grade of the person, or empty")


class ContactListAnswer(BaseModel):
    """The contacts of a project. Its version and last write are those of the project."""

    contacts: list[ContactAnswer] = Field(
        description="The people who are responsible for the project"
    )
    version: Version
    updated_at: Time = Field(description="The time of the last write in UTC (RFC 3339)")
    updated_by: str | None = Field(
        description="The e-mail address of the last writer, or null for a service that named no user"
    )
