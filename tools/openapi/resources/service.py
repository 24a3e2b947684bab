"""The service's index and health."""

from pydantic import BaseModel, Field

TAG = "The service itself: index, health, contract and this page."


class IndexLinksAnswer(BaseModel):
    """The paths of this service, each with the prefix that you came by."""

    contract: str = Field(description="This contract")
    docs: str = Field(description="The page to try the contract on")
    health: str = Field(description="The service's health")
    projects: str = Field(description="The projects")
    technologies: str = Field(description="The technologies")
    radar: str = Field(description="The radar")
    me: str = Field(description="Who you are")


class IndexAnswer(BaseModel):
    """What this service is."""

    service: str = Field(description="The name of this service: `landscape-api`")
    version: str = Field(description="The release that answers")
    stage: str = Field(description="The stage that answers, like `dev`")
    links: IndexLinksAnswer = Field(description="Where to go on")


class HealthAnswer(BaseModel):
    """That the service can read its store."""

    status: str = Field(description="`ok`: the service can read its store")
    version: str = Field(description="The release that answers")
