"""What is said of the caller."""

from typing import Annotated

from pydantic import BaseModel, Field

from chalicelib.models.caller import SERVICES
from chalicelib.routes.bodies.common import choice
from chalicelib.services.access import RULES

TAG = "Who you are, and what is yours."


class CallerAnswer(BaseModel):
    """Who the token or the signature says you are."""

    service: Annotated[str, *choice(SERVICES)]
    email: str | None = Field(description="Null for a service on behalf of nobody")
    groups: list[str]
    may: list[Annotated[str, *choice(RULES)]] = Field(
        description="What your pool and groups allow; writing a project also asks for a contact"
    )
