"""The index and the health of the API."""

from pydantic import BaseModel, Field

TAG = "The index, the health and the contract of the API."


class IndexLinksAnswer(BaseModel):
    """The paths of the API, with the stage or base path of the request."""

    contract: str = Field(description="The path of this contract")
    docs: str = Field(description="The path of a page for trying requests")
    health: str = Field(description="The path of the health check")
    projects: str = Field(description="The path of the projects")
    technologies: str = Field(description="The path of the technologies")
    radar: str = Field(description="The path of the radar")
    me: str = Field(description="The path of your identity")


class IndexAnswer(BaseModel):
    """The name, release and stage of the API, and its links."""

    service: str = Field(description="The name of the API, `landscape-api`")
    version: str = Field(description="The release of the API")
    stage: str = Field(description="The stage, like `dev`")
    links: IndexLinksAnswer = Field(description="The paths of the API")


class HealthAnswer(BaseModel):
    """The answer of an API that can read its database."""

    status: str = Field(description="Always `ok`. Otherwise the answer is a problem")
    version: str = Field(description="The release of the API")
