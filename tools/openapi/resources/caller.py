"""What is said of the caller."""

from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from chalicelib.models.caller import SERVICES
from chalicelib.routes.bodies.common import choice
from chalicelib.services.access import RULES

TAG = "Who you are, and what is yours."
Permission = TypeAliasType("Permission", Annotated[str, *choice(RULES)])
Service = TypeAliasType("Service", Annotated[str, *choice(SERVICES)])


class CallerAnswer(BaseModel):
    """Who the token or the signature says you are."""

    service: Service = Field(description="The service that you call with")
    email: str | None = Field(
        description="Your e-mail address; null for a service that names no user"
    )
    groups: list[str] = Field(description="Your groups in the service's user pool")
    may: list[Permission] = Field(
        description="What your pool and groups allow. A change of a project also asks for a contact"
    )
