"""Software projects, and who answers for them."""

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

TAG = "Software projects: what they are, what they use, who answers for them."


class ProjectDevelopmentAnswer(BaseModel):
    """Who develops a project."""

    type: DevelopmentType = Field(description="Who develops the project")
    company: str = Field(description="The supplier or partner; empty where there is none")


class ProjectHostingAnswer(BaseModel):
    """Where a project runs."""

    types: list[HostingType] = Field(description="The kinds of place where the project runs")
    details: list[str] = Field(description="The places by name, like `GCP`")


class ProjectRepositoryAnswer(BaseModel):
    """A repository of a project's source code."""

    type: RepositoryType = Field(description="The kind of repository")
    url: str = Field(description="Where the repository is; empty where only the kind is known")
    description: str = Field(description="What is in the repository")


class ProjectTechnologyAnswer(BaseModel):
    """A technology that a project uses."""

    technology: Id = Field(description="The technology's id")
    category: Category = Field(description="What the project uses the technology for")
    main: bool = Field(description="Whether the technology is one of the project's main ones")
    name: str = Field(
        description="What the technology is called; a renaming can take a minute to show here"
    )


class ProjectItemAnswer(BaseModel):
    """A dependency or a tool, by a free name."""

    name: str = Field(description="What the dependency or the tool is called")
    description: str = Field(description="What the project needs it for")


class ProjectAnswer(BaseModel):
    """A software project. Its contacts are apart from it: e-mail addresses are personal data."""

    id: Id
    name: str = Field(description="What the project is called")
    short_name: str = Field(description="The project's short name; may be empty")
    programme: str = Field(description="The programme that the project belongs to; may be empty")
    programme_short_name: str = Field(description="The programme's short name; may be empty")
    description: str = Field(description="What the project does")
    stage: Stage | None = Field(
        description="Where in its life the project is; null where nobody has said"
    )
    development: ProjectDevelopmentAnswer | None = Field(
        description="Who develops the project; null where nobody has said"
    )
    hosting: ProjectHostingAnswer = Field(description="Where the project runs")
    environments: list[Environment] = Field(description="The environments that the project has")
    documentation: list[str] = Field(description="The URLs of the project's documentation")
    repositories: list[ProjectRepositoryAnswer] = Field(description="Where the source code is")
    technologies: list[ProjectTechnologyAnswer] = Field(
        description="The technologies that the project uses"
    )
    dependencies: list[ProjectItemAnswer] = Field(description="What the project depends on")
    miscellaneous: list[ProjectItemAnswer] = Field(
        description="Supporting tools that fit no category"
    )
    version: Version
    created_at: Time = Field(description="The time of creation in UTC (RFC 3339)")
    updated_at: Time = Field(description="The time of the last write in UTC (RFC 3339)")


class ProjectListAnswer(BaseModel):
    """A page of projects."""

    items: list[ProjectAnswer] = Field(description="The projects of this page")
    next_cursor: NextCursor


class ContactAnswer(BaseModel):
    """A person who answers for a project."""

    email: str = Field(description="The person's e-mail address")
    roles: list[str] = Field(description="What the person does for the project")
    grade: str = Field(description="The person's grade; may be empty")


class ContactListAnswer(BaseModel):
    """The people who answer for a project, with the project's own version."""

    contacts: list[ContactAnswer] = Field(description="The people who answer for the project")
    version: Version
    updated_at: Time = Field(description="The time of the last write in UTC (RFC 3339)")
    updated_by: str | None = Field(
        description="The e-mail address of the last writer; null for a service that named no user"
    )
