"""The identity of the caller."""

from typing import Annotated

from pydantic import BaseModel, Field
from typing_extensions import TypeAliasType

from chalicelib.models.caller import SERVICES
from chalicelib.routes.bodies.common import choice
from chalicelib.services.access import RULES

TAG = "Your identity, your rights and your projects."
Permission = TypeAliasType("Permission", Annotated[str, *choice(RULES)])
Service = TypeAliasType("Service", Annotated[str, *choice(SERVICES)])


class CallerAnswer(BaseModel):
    """The identity in the token or the signature, with its rights."""

    service: Service = Field(description="The service of your user pool or your IAM role")
    email: str | None = Field(
        description="Your e-mail address, or null for a service that names no user"
    )
    groups: list[str] = Field(description="Your groups in the user pool of the service")
    may: list[Permission] = Field(
        description="The access rules that your service and groups allow. To change a project, you must"
        " also be its contact or in an exempt group"
    )
