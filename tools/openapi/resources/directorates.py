"""The directorates of the organisation."""

from pydantic import BaseModel, Field

from tools.openapi.common import MATCH, REVIEWER, Request, Time

TAG = "The directorates of the organisation, which can have their own rings on the radar."
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

    id: int = Field(ge=0, description="The id of the directorate, which moves refer to")
    name: str = Field(description="The name of the directorate")
    colour: str = Field(description="The colour of the directorate, like `#1f77b4`")
    enabled: bool = Field(description="True if new moves can refer to the directorate")
    default: bool = Field(description="True if the default radar belongs to the directorate")


class DirectorateListAnswer(BaseModel):
    """All directorates. Before the first write the list is empty and the version is 0."""

    directorates: list[DirectorateAnswer] = Field(
        description="All directorates, with exactly one default"
    )
    version: int = Field(ge=0, description="The version, which increases with each write")
    updated_at: Time | None = Field(
        description="The time of the last write, or null before the first write"
    )
