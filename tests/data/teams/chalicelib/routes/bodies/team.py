"""The body of the route that creates a team."""

from chalicelib.models.team import Team
from chalicelib.routes.bodies.common import Body, Name, Text


class NewTeamBody(Body):
    name: Name
    description: Text = ""

    def to_draft(self) -> Team:
        return Team(name=self.name, description=self.description)
