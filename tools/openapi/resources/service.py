"""The service's index and health."""

from typing import Literal

from pydantic import BaseModel

TAG = "The service itself: index, health, contract and this page."


class LinksAnswer(BaseModel):
    contract: str
    docs: str
    health: str
    projects: str
    technologies: str
    radar: str
    me: str


class IndexAnswer(BaseModel):
    service: Literal["landscape-api"]
    version: str
    stage: str
    links: LinksAnswer


class HealthAnswer(BaseModel):
    status: Literal["ok"]
    version: str
