"""Every setting: its type, its default if it has one, and its error, which names the cure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.models.caller import SERVICES
from chalicelib.models.identity import Pool, Role
from chalicelib.origins import is_origin, is_site, is_this_machine

STAGES = ("local", "dev", "prod")
POOL_ARN = re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+_\w+", re.ASCII)
CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/([\w+=.@-]+/)*[\w+=.@-]{1,64}", re.ASCII)
OURS = re.compile(r"LANDSCAPE_|TECH_AUDIT_TOOL_|DIGITAL_LANDSCAPE_|CORS_")
PLACEHOLDER = "CHANGE-ME"
WHERE = "set it in the environment, or for the stage in .chalice/config.json"
DYNAMODB = "dynamodb://"
DEFAULT_TITLE = "Tech Radar"
ECS = "ECS_CONTAINER_METADATA_URI_V4"  # in every container on Fargate
COGNITO_ENDPOINT = "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"
ENDPOINT = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d+)?/?", re.ASCII)


class SettingsError(Exception):
    """Names the setting and the form that it must have."""


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """The region, the credentials and the endpoint for calls to AWS without an SDK."""

    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)
    endpoint: str  # AWS's own if empty


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    store_url: str
    pools: tuple[Pool, ...]
    roles: tuple[Role, ...]  # empty: no role may call
    cors_origins: frozenset[str]
    radar_title: str
    documentation: str
    state_directory: Path
    cognito_endpoint: str  # AWS's own if empty
    in_lambda: bool
    require_waf: bool
    dynamodb: AwsAccess | None  # None: use boto3

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    @property
    def table(self) -> str:
        """The DynamoDB table of the register. Raises SettingsError for any other store."""
        table = self.store_url.removeprefix(DYNAMODB)
        if table in (self.store_url, ""):
            raise SettingsError(
                f"LANDSCAPE_STORE_URL of the stage {self.stage} names no table:"
                f" write it like {DYNAMODB}landscape-dev, or choose another stage"
            )
        return table

    @property
    def keys_endpoint(self) -> str:
        """The endpoint of the pools' keys. Raises SettingsError for HTTP to another machine."""
        scheme, _, host = self.cognito_endpoint.rstrip("/").partition("://")
        if scheme == "http" and not is_this_machine(host):
            raise SettingsError(
                f"{COGNITO_ENDPOINT} or AWS_ENDPOINT_URL is http://… of another machine: write https://…"
            )
        return self.cognito_endpoint

    @property
    def keys_directory(self) -> Path:
        """The development keys, which replace the pools' keys on the local stage."""
        return self.state_directory / "keys"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises SettingsError for the first setting that is missing or malformed, by name."""
        _require_no_placeholder(environment)
        settings = cls(
            stage=_one_of(environment, "LANDSCAPE_STAGE", STAGES),
            store_url=_given(environment, "LANDSCAPE_STORE_URL"),
            pools=tuple(_pool(environment, service) for service in SERVICES),
            roles=tuple(role for service in SERVICES for role in _roles(environment, service)),
            cors_origins=_origins(environment, "CORS_ORIGINS"),
            radar_title=environment.get("LANDSCAPE_RADAR_TITLE", "").strip() or DEFAULT_TITLE,
            documentation=documentation(environment),
            state_directory=state_directory(environment),
            cognito_endpoint=_endpoint(environment, COGNITO_ENDPOINT, "AWS_ENDPOINT_URL"),
            in_lambda="AWS_LAMBDA_FUNCTION_NAME" in environment,
            require_waf=_require_waf(environment),
            dynamodb=_dynamodb(environment),
        )
        if settings.is_local and (settings.in_lambda or ECS in environment):
            raise SettingsError(
                "LANDSCAPE_STAGE is local on AWS, where development tokens would open the API:"
                " set it to dev or prod"
            )
        if settings.is_local and settings.require_waf:
            raise SettingsError("LANDSCAPE_REQUIRE_WAF is true on the local stage: set it to false")
        if settings.pools[0].issuer == settings.pools[1].issuer:
            raise SettingsError(
                "DIGITAL_LANDSCAPE_POOL_ARN has the issuer of TECH_AUDIT_TOOL_POOL_ARN:"
                " set it to the ARN of the Digital Landscape's own pool"
            )
        if len({role.key for role in settings.roles}) < len(settings.roles):
            raise SettingsError(
                "TECH_AUDIT_TOOL_ROLE_ARNS and DIGITAL_LANDSCAPE_ROLE_ARNS list a role twice:"
                " list it once, for the service that uses it"
            )
        return settings


def state_directory(environment: Mapping[str, str]) -> Path:
    """The folder of the local stage's database and development keys: outside the project."""
    home = Path(environment.get("HOME", "~")).expanduser()
    return Path(environment.get("XDG_STATE_HOME") or home / ".local/state") / "landscape-api"


def documentation(environment: Mapping[str, str]) -> str:
    """The address of the published documentation; empty if none is set. Raises SettingsError."""
    url = environment.get("LANDSCAPE_DOCUMENTATION_URL", "").strip().removesuffix("/")
    if url and not is_site(url):
        raise SettingsError("LANDSCAPE_DOCUMENTATION_URL is malformed: write https://host/path")
    return url


def _require_no_placeholder(environment: Mapping[str, str]) -> None:
    found = [n for n, value in environment.items() if OURS.match(n) and PLACEHOLDER in value]
    if found:
        raise SettingsError(f"still {PLACEHOLDER}: {', '.join(found)}. Edit .chalice/config.json")


def _given(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set: {WHERE}")
    return value


def _one_of(environment: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = _given(environment, name)
    if value not in choices:
        raise SettingsError(f"{name} is {value!r}: set it to {' or '.join(choices)}")
    return value


def _require_waf(environment: Mapping[str, str]) -> bool:
    """True on a deployed stage, unless the setting is `false`."""
    if environment.get("LANDSCAPE_REQUIRE_WAF", "").strip():
        return _one_of(environment, "LANDSCAPE_REQUIRE_WAF", ("true", "false")) == "true"
    return environment.get("LANDSCAPE_STAGE") != "local"


def _dynamodb(environment: Mapping[str, str]) -> AwsAccess | None:
    """None where boto3 is used: by default outside Lambda, or where the setting says so."""
    client = "http" if "AWS_LAMBDA_FUNCTION_NAME" in environment else "boto3"
    if environment.get("LANDSCAPE_DYNAMODB_CLIENT", "").strip():
        client = _one_of(environment, "LANDSCAPE_DYNAMODB_CLIENT", ("http", "boto3"))
    if client == "boto3" or not _given(environment, "LANDSCAPE_STORE_URL").startswith(DYNAMODB):
        return None
    region = "AWS_REGION" if "AWS_REGION" in environment else "AWS_DEFAULT_REGION"
    return AwsAccess(
        region=_given(environment, region),
        access_key=_given(environment, "AWS_ACCESS_KEY_ID"),
        secret_key=_given(environment, "AWS_SECRET_ACCESS_KEY"),
        session_token=environment.get("AWS_SESSION_TOKEN", "").strip(),
        endpoint=_endpoint(environment, "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"),
    )


def _endpoint(environment: Mapping[str, str], *names: str) -> str:
    """The first of `names` that is set, as the SDKs read them."""
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    for name in names:
        url = environment.get(name, "").strip()
        if url and not ENDPOINT.fullmatch(url):
            # The error leaves out the value, which may have a password before an @.
            raise SettingsError(f"{name} is malformed: write it like https://host:8000")
        if url:
            return url
    return ""


def _list(environment: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(part.strip() for part in environment.get(name, "").split(",") if part.strip())


def _pool(environment: Mapping[str, str], service: str) -> Pool:
    prefix = service.replace("-", "_").upper()
    arn = _given(environment, f"{prefix}_POOL_ARN")
    if not POOL_ARN.fullmatch(arn):
        raise SettingsError(
            f"{prefix}_POOL_ARN is {arn!r}: write it like"
            " arn:aws:cognito-idp:eu-west-2:123456789012:userpool/eu-west-2_AbCdEf"
        )
    clients = _list(environment, f"{prefix}_CLIENT_IDS")
    if not clients:
        raise SettingsError(f"{prefix}_CLIENT_IDS is not set: {WHERE}")
    for client in clients:
        if not CLIENT_ID.fullmatch(client):
            raise SettingsError(
                f"{prefix}_CLIENT_IDS holds {client!r}: write ids like 1h57kf5cpq17m0eml12EXAMPLE,"
                " with a comma between two"
            )
    return Pool(service, arn, clients, _origin(environment, f"{prefix}_HOSTED_UI"))


def _roles(environment: Mapping[str, str], service: str) -> tuple[Role, ...]:
    name = service.replace("-", "_").upper() + "_ROLE_ARNS"
    arns = sorted(_list(environment, name))
    for arn in arns:
        if not ROLE_ARN.fullmatch(arn):
            raise SettingsError(
                f"{name} holds {arn!r}: write ARNs like arn:aws:iam::123456789012:role/back-end"
            )
    return tuple(Role(service, arn) for arn in arns)


def _origin(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name, "").strip().removesuffix("/")
    return _checked_origin(name, value) if value else None


def _origins(environment: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(_checked_origin(name, origin) for origin in _list(environment, name))


def _checked_origin(name: str, value: str) -> str:
    if is_origin(value):
        return value
    # The error leaves out the part before an @, which may be a password.
    raise SettingsError(
        f"{name} holds {value.rpartition('@')[2]!r}, which no browser sends as an origin:"
        " write it like https://landscape.example.org or http://localhost:3000"
    )
