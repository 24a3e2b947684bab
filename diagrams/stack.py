"""What there is on AWS, as the code and `.chalice/` say it; nothing in here is typed in a second time."""

import json
import os
import runpy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalice.app import Chalice, CognitoUserPoolAuthorizer, ScheduledEventConfig

from chalicelib.firewall import acl
from chalicelib.firewall.names import HEADER, KINDS, VERSIONS, Names
from chalicelib.settings import PLACEHOLDER, Settings

ROOT = Path(__file__).resolve().parent.parent
CHALICE = ROOT / ".chalice"
POOL = "arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_{}"
# What `.chalice/config.json` leaves to an operator; any value does to draw the routes.
FILLED_IN = {
    "TECH_AUDIT_TOOL_POOL_ARN": POOL.format("TechAuditTool"),
    "DIGITAL_LANDSCAPE_POOL_ARN": POOL.format("DigitalLandscape"),
    "CORS_ORIGINS": "https://landscape.example.org",
}
READS = ("Get", "BatchGet", "Query", "Scan", "List", "Describe", "ConditionCheck")


@dataclass(frozen=True)
class Route:
    """`authorizer` and `action` (services.access.RULES) are None where anybody may come."""

    method: str
    path: str
    authorizer: str | None
    action: str | None


@dataclass(frozen=True)
class Statement:
    """What a function may do: with `service` of AWS, to `resource`.

    Of a table it may reach `only` some partitions, or all `but` some, which a Deny takes from it.
    """

    sid: str
    service: str
    resource: str
    verbs: tuple[str, ...]
    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    @property
    def kinds(self) -> str:
        """`reads`, `writes` or `reads and writes`."""
        reads = [verb for verb in self.verbs if verb.startswith(READS)]
        kinds = {"reads": bool(reads), "writes": len(reads) < len(self.verbs)}
        return " and ".join(kind for kind in kinds if kinds[kind])


@dataclass(frozen=True)
class Function:
    """A Lambda; `memory` in MB, `timeout` in seconds, `schedule` where EventBridge calls it."""

    name: str
    memory: int
    timeout: int
    statements: tuple[Statement, ...]
    schedule: str | None = None


@dataclass(frozen=True)
class Stack:
    stage: str
    api: str
    gateway_stage: str
    endpoint: str
    compressed_from: int
    traced: bool
    table: str
    routes: tuple[Route, ...]
    authorizers: Mapping[str, tuple[str, ...]]
    functions: tuple[Function, ...]
    web_acl: str
    rules: tuple[str, ...]
    ip_sets: tuple[str, ...]
    header: str


def read_stack(stage: str) -> Stack:
    """Of a deployed stage. Imports app.py as Chalice does, with made-up settings where none are."""
    config = json.loads((CHALICE / "config.json").read_text())
    of_stage = config["stages"][stage]
    environment = filled_in(of_stage["environment_variables"])
    app = load_app(environment)
    names = Names(config["app_name"], stage)
    routes = tuple(_routes(app))
    return Stack(
        stage=stage,
        api=config["app_name"],
        gateway_stage=of_stage["api_gateway_stage"],
        endpoint=of_stage["api_gateway_endpoint_type"],
        compressed_from=of_stage["minimum_compression_size"],
        traced=of_stage["xray"],
        table=Settings.read(environment).table,
        routes=routes,
        authorizers=_authorizers(app, Settings.read(environment)),
        functions=tuple(_functions(app, names.web_acl, of_stage)),
        web_acl=names.web_acl,
        rules=acl.RULES,
        ip_sets=tuple(names.ip_set(kind, version) for kind in KINDS for version in VERSIONS),
        header=HEADER,
    )


def filled_in(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: FILLED_IN.get(name, "example") if value == PLACEHOLDER else value
        for name, value in environment.items()
    }


def load_app(environment: Mapping[str, str]) -> Chalice:
    """app.py's app, over an empty embedded store: to know its routes it need not reach AWS."""
    with TemporaryDirectory() as state:
        more = {"LANDSCAPE_STORE_URL": "sqlite:", "XDG_STATE_HOME": state}
        with _environment({**environment, **more}):
            app: Chalice = runpy.run_path(str(ROOT / "app.py"))["app"]
    return app


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _routes(app: Chalice) -> Iterator[Route]:
    """Without the OPTIONS that every path has."""
    for path in sorted(app.routes):
        for method, entry in app.routes[path].items():
            if method != "OPTIONS":
                authorizer = entry.authorizer.name if entry.authorizer else None
                action = getattr(entry.view_function, "action", None)
                yield Route(method, path, authorizer, action)


def _authorizers(app: Chalice, settings: Settings) -> dict[str, tuple[str, ...]]:
    """By name, the services whose user pools each of them asks."""
    services = {pool.arn: pool.service for pool in settings.pools}
    entries = [entry for methods in app.routes.values() for entry in methods.values()]
    found: dict[str, tuple[str, ...]] = {}
    for authorizer in (entry.authorizer for entry in entries):
        if isinstance(authorizer, CognitoUserPoolAuthorizer):
            arns = authorizer.to_swagger()["x-amazon-apigateway-authorizer"]["providerARNs"]
            found[authorizer.name] = tuple(services[arn] for arn in arns)
    return found


def _functions(app: Chalice, full_name: str, of_stage: dict[str, Any]) -> Iterator[Function]:
    yield _function(full_name, of_stage)
    for source in app.event_sources:
        when = source.schedule_expression if isinstance(source, ScheduledEventConfig) else "event"
        own = of_stage["lambda_functions"][source.name]
        yield _function(f"{full_name}-{source.name}", own, str(when))


def _function(name: str, config: dict[str, Any], schedule: str | None = None) -> Function:
    policy = json.loads((CHALICE / config["iam_policy_file"]).read_text())
    statements = tuple(_statement(one) for one in policy["Statement"])
    memory, timeout = config["lambda_memory_size"], config["lambda_timeout"]
    return Function(name, memory, timeout, statements, schedule)


def _statement(one: dict[str, Any]) -> Statement:
    services = {action.partition(":")[0] for action in one["Action"]}
    (service,) = services
    verbs = tuple(action.partition(":")[2] for action in one["Action"])
    resource = one["Resource"].split(":", 5)[-1]
    conditions = one.get("Condition", {}).values()
    partitions = tuple(key for each in conditions for keys in each.values() for key in keys)
    if one["Effect"] == "Deny":
        return Statement(one["Sid"], service, resource, (), but=partitions)
    return Statement(one["Sid"], service, resource, verbs, partitions)
