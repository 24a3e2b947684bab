"""Teams over HTTP."""

from functools import partial

from chalice.app import Blueprint, Response

from chalicelib.models.team import Team, team_document
from chalicelib.routes.edge import Edge
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.listing import PAGING, Listing
from chalicelib.routes.requests import Call, json_object, prefix
from chalicelib.routes.responses import resource
from chalicelib.services.teams import Teams

BASE = "/api/v1/teams"


def teams_blueprint(
    edge: Edge, teams: Teams, listing: Listing, idempotency: Idempotency
) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.route(routes, "GET", BASE, query=PAGING, answer="TeamList")
    def list_teams(call: Call) -> Response:
        """List teams

        Returns teams by name. {paged}
        """
        return listing.answer(call, teams.find)

    @edge.route(routes, "GET", BASE + "/{team_id}", answer="Team")
    def get_team(call: Call) -> Response:
        """Get a team"""
        team = teams.get(call.path["team_id"])
        return resource(call.request, team_document(team), team)

    @edge.route(
        routes,
        "POST",
        BASE,
        action="create-team",
        body="NewTeam",
        answer="Team",
        status=201,
        errors=("conflict",),
    )
    def create_team(call: Call) -> Response:
        """Create a team

        {again}
        """
        from chalicelib.routes.bodies.common import parse
        from chalicelib.routes.bodies.team import NewTeamBody

        body = json_object(call.request)
        draft = parse(NewTeamBody, body).to_draft()

        def respond(team: Team) -> Response:
            location = f"{prefix(call.request)}{BASE}/{team.id}"
            return resource(call.request, team_document(team), team, 201, location)

        return idempotency.answer(call, body, partial(teams.create, draft), respond)

    return routes
