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
    """A part of the organisation."""

    id: int = Field(ge=0, description="The directorate's number, which moves name")
    name: str = Field(description="What the directorate is called")
    colour: str = Field(description="The directorate's colour, like `#1f77b4`")
    enabled: bool = Field(description="Whether new moves may name the directorate")
    default: bool = Field(description="Whether the default radar is this directorate's")


class DirectorateListAnswer(BaseModel):
    """All directorates. There are none, with version 0, until an admin writes them."""

    directorates: list[DirectorateAnswer] = Field(
        description="All directorates, exactly one of them the default"
    )
    version: int = Field(ge=0, description="A number that grows with each write")
    updated_at: Time | None = Field(description="The time of the last write; null before the first")
