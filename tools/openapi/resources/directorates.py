"""The directorates of the organisation."""

from pydantic import BaseModel, Field

from tools.openapi.common import MATCH, REVIEWER, Request, Time

TAG = "The directorates, of which some have rings of their own on the radar."
REQUESTS = (
    Request(
        "replaceDirectorates",
        REVIEWER,
        {
            "directorates": [
                {"id": 0, "name": "Digital Services", "colour": "#1f77b4", "default": True},
                {"id": 1, "name": "Data Science Campus", "colour": "#ff7f0e"},
            ]
        },
        MATCH,
    ),
    Request("getDirectorates"),
)


class DirectorateAnswer(BaseModel):
    id: int = Field(ge=0)
    name: str
    colour: str
    enabled: bool = Field(description="Whether moves may name it")
    default: bool = Field(description="Whether the default radar is its own")


class DirectoratesAnswer(BaseModel):
    """All of them; none, of version 0, until an admin writes them."""

    directorates: list[DirectorateAnswer]
    version: int = Field(ge=0, description="Grows with each write")
    updated_at: Time | None
