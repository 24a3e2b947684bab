"""The one module that assembles the parts: settings → store → services → blueprints → app."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalice.app import Chalice, Request

from chalicelib.firewall.gate import Gate
from chalicelib.models.caller import Caller
from chalicelib.routes.authorizers import CognitoAuthorizers
from chalicelib.routes.caller import Claims, authenticator, gateway_claims, verified_claims
from chalicelib.routes.contacts import contacts_blueprint
from chalicelib.routes.contract import contract_blueprint
from chalicelib.routes.declaration import Entrance
from chalicelib.routes.directorates import directorates_blueprint
from chalicelib.routes.edge import Edge
from chalicelib.routes.idempotency import Idempotency
from chalicelib.routes.listing import Listing
from chalicelib.routes.merging import merging_blueprint
from chalicelib.routes.moves import moves_blueprint
from chalicelib.routes.problems import problem_types
from chalicelib.routes.projects import my_projects_blueprint, project_blueprint, projects_blueprint
from chalicelib.routes.radar import radar_blueprint
from chalicelib.routes.requests import IAM
from chalicelib.routes.service import service_blueprint
from chalicelib.routes.technologies import technologies_blueprint, users_blueprint
from chalicelib.routes.telemetry import Telemetry, log
from chalicelib.services.clock import timestamp, utc_now
from chalicelib.services.cursors import Cursors
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies
from chalicelib.settings import DYNAMODB, Settings, SettingsError
from chalicelib.stores.port import Store

if TYPE_CHECKING:
    from chalicelib.stores.dynamodb.transport import Transport

APP_NAME = "landscape-api"


def create_app(
    settings: Settings,
    store: Store | None = None,
    *,
    issue_token: Callable[[str, str, list[str]], str] | None = None,
    user_arn: Callable[[Request], str] | None = None,
) -> Chalice:
    """The API over `store`, or else over the store that the settings name.

    On the local stage only, `issue_token` makes development tokens and `user_arn` verifies
    development signatures.
    Raises SettingsError, errors.UnavailableError.
    """
    store = store or open_store(settings)
    app = Chalice(app_name=APP_NAME)
    edge = Edge(
        app,
        settings.cors_origins,
        (*_entrances(settings, user_arn),),
        None if settings.is_local else Telemetry(settings.stage),
        Gate(store.firewall_values).require if settings.require_waf else None,
        problem_types(settings.documentation),
    )
    found = services(store)
    technologies, projects = found.technologies, found.projects
    listing = Listing(Cursors(store.cursor_key))
    idempotency = Idempotency(store.receipts, utc_now)
    for blueprint in (
        service_blueprint(edge, store, settings.stage),
        contract_blueprint(
            edge,
            settings.pools,
            settings.radar_title,
            is_local=settings.is_local,
            has_roles=bool(settings.roles),
            documentation=settings.documentation,
        ),
        my_projects_blueprint(edge, projects, listing),
        projects_blueprint(edge, projects, technologies, listing, idempotency),
        project_blueprint(edge, projects),
        contacts_blueprint(edge, projects),
        technologies_blueprint(edge, technologies, listing, idempotency),
        moves_blueprint(edge, technologies, found.directorates, listing, idempotency),
        directorates_blueprint(edge, found.directorates),
        merging_blueprint(edge, store),
        users_blueprint(edge, projects, listing),
        radar_blueprint(edge, technologies, found.directorates, settings.radar_title),
    ):
        app.register_blueprint(blueprint)
    if settings.is_local and issue_token:
        from chalicelib.routes import development

        blueprint = development.development_blueprint(edge, issue_token, settings.cors_origins)
        app.register_blueprint(blueprint)
    edge.answer_preflights()
    if settings.is_local and issue_token:
        development.add_unknown_paths(app)
    return app


def take_out_expired(settings: Settings) -> None:
    """The scheduled function `expire`: updates the IP sets from the table, and logs the changes.

    Raises FirewallError, errors.UnavailableError, the SDK's errors: AWS then calls it again.
    """
    from chalicelib.firewall.calls import Waf, waf_client
    from chalicelib.firewall.expiry import TIMEOUT_SECONDS, expire
    from chalicelib.firewall.ledger import Ledger
    from chalicelib.firewall.names import Names
    from chalicelib.stores.dynamodb.client import Client

    waf = Waf(waf_client(), timeout=TIMEOUT_SECONDS)
    ledger = Ledger(Client(_dynamodb_transport(settings), settings.table))
    report = expire(waf, Names(APP_NAME, settings.stage), ledger, utc_now())
    log({"stage": settings.stage, "firewall": report})


def finish_writes(settings: Settings) -> None:
    """The scheduled function `finish`: completes interrupted writes, and logs their number.

    Raises errors.UnavailableError: AWS then calls it again.
    """
    finished = open_store(settings).finish(timestamp(utc_now()))
    log({"stage": settings.stage, "unfinished_writes": finished})


@dataclass(frozen=True, slots=True)
class Services:
    technologies: Technologies
    projects: Projects
    directorates: DirectorateRegister


def services(store: Store) -> Services:
    technologies = Technologies(store.technologies, utc_now)
    projects = Projects(store.projects, technologies, utc_now)
    return Services(technologies, projects, DirectorateRegister(store.directorates, utc_now))


def open_store(settings: Settings) -> Store:
    """The store behind LANDSCAPE_STORE_URL. Raises SettingsError, errors.UnavailableError."""
    if settings.store_url.startswith("sqlite:"):
        from chalicelib.stores.sqlite import SqliteStore

        return SqliteStore(sqlite_path(settings))
    if settings.store_url.startswith(DYNAMODB):
        from chalicelib.stores.dynamodb import DynamoStore

        return DynamoStore(_dynamodb_transport(settings), settings.table)
    raise _no_store(settings)


def _dynamodb_transport(settings: Settings) -> "Transport":
    access = settings.dynamodb
    if access is None:
        from chalicelib.stores.dynamodb.boto import BotoTransport

        return BotoTransport()
    from chalicelib.stores.dynamodb.http_transport import HttpTransport
    from chalicelib.stores.dynamodb.sigv4 import Credentials

    credentials = Credentials(access.access_key, access.secret_key, access.session_token)
    return HttpTransport(access.region, credentials, access.endpoint)


def sqlite_path(settings: Settings) -> Path:
    """The file behind `sqlite:` and `sqlite:///path`. Raises SettingsError."""
    rest = settings.store_url.removeprefix("sqlite:")
    if not rest:
        return settings.state_directory / "landscape.db"
    path = rest.removeprefix("///")
    if path == rest or not path:
        raise _no_store(settings)
    return Path(path)


def _no_store(settings: Settings) -> SettingsError:
    return SettingsError(
        f"LANDSCAPE_STORE_URL is {settings.store_url!r}: write it like sqlite:, sqlite:///path.db"
        " or dynamodb://table"
    )


def _entrances(
    settings: Settings, development_user_arn: Callable[[Request], str] | None
) -> Iterator[Entrance]:
    yield Entrance("", CognitoAuthorizers(settings), _authenticator(settings))
    if settings.roles:
        from chalicelib.routes import roles

        user_arn_of = development_user_arn if settings.is_local else None
        if settings.in_lambda:
            user_arn_of = roles.gateway_user_arn
        authorizer = roles.no_authorizer if settings.is_local else roles.iam_authorizer
        authenticate = roles.role_authenticator(settings.roles, user_arn_of or roles.no_user_arn)
        yield Entrance(IAM, authorizer, authenticate, knows_all_callers=True)


def _authenticator(settings: Settings) -> Callable[[Request], Caller]:
    if settings.in_lambda:
        return authenticator(settings.pools, gateway_claims)
    endpoint = "" if settings.is_local else settings.keys_endpoint

    @cache
    def verifier() -> Callable[[str], Claims]:
        # Imported at the first token, so that a public read does not load cryptography.
        from chalicelib.routes import tokens

        if settings.is_local:
            keys = tokens.fetch_from_directory(settings.keys_directory)
            return tokens.TokenVerifier(settings.pools, keys, interval=0)
        return tokens.TokenVerifier(settings.pools, tokens.fetch_over_http(endpoint))

    return authenticator(settings.pools, verified_claims(lambda token: verifier()(token)))
