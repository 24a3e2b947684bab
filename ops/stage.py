"""A stage for operators' scripts: its names, its settings, and Chalice's record of it."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.routes.problems import PROBLEM_URN, problem_types
from chalicelib.settings import OURS, STAGES, Settings, SettingsError, documentation
from ops.steps import OperatorError

CHALICE_DEFAULT_STAGE = "api"  # Chalice's name of the gateway's stage if none is set
IPV4, DUAL_STACK = "ipv4", "dualstack"  # API Gateway's IP address types
IP_ADDRESSES = "api_gateway_ip_address_type"  # our own key in Chalice's file, which Chalice ignores


class StageError(OperatorError):
    """The stage cannot be used. The message names the cause and the cure."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`name` is Chalice's stage, `gateway_stage` the one in API Gateway, which is part of its URL.

    `problem_types` is the prefix of every problem type that the stage's Lambda sends.
    """

    name: str
    app: str
    gateway_stage: str
    directory: Path = Path(".chalice")
    ip_addresses: str = DUAL_STACK
    problem_types: str = PROBLEM_URN

    @property
    def full_name(self) -> str:
        """Chalice's name of the API's Lambda; our own resources have it too."""
        return f"{self.app}-{self.name}"

    @property
    def record(self) -> Path:
        """The file of Chalice's record."""
        return self.directory / "deployed" / f"{self.name}.json"

    @property
    def is_recorded(self) -> bool:
        """Whether the record holds a deployment; `chalice delete` leaves an empty record."""
        return self.record.exists() and bool(_json(self.record).get("resources"))

    @classmethod
    def read(cls, name: str, directory: Path | None = None) -> "Stage":
        """Reads config.json in `directory`, the project's .chalice if None.

        Raises StageError; SettingsError for a wrong LANDSCAPE_DOCUMENTATION_URL.
        """
        directory = directory or chalice_directory()
        config = _json(directory / "config.json")
        stages = config.get("stages", {})
        if name not in stages or name not in STAGES[1:]:
            known = ", ".join(stage for stage in stages if stage in STAGES[1:]) or "none"
            what = f"{name!r} is not a stage for AWS" if name else "no stage is named"
            raise StageError(
                f"{what}; {directory} has {known}. Pass STAGE=dev to make, or --stage dev to a command"
            )
        if "app_name" not in config:
            raise StageError(f"{directory / 'config.json'} has no app_name: add it")
        gateway_stage = stages[name].get("api_gateway_stage") or config.get("api_gateway_stage")
        ip_addresses = stages[name].get(IP_ADDRESSES, DUAL_STACK)
        if ip_addresses not in (IPV4, DUAL_STACK):
            raise StageError(
                f"{IP_ADDRESSES} of the stage {name} is {ip_addresses!r}: set {DUAL_STACK!r}, or"
                f" {IPV4!r} to refuse callers with IPv6"
            )
        url_part = gateway_stage or CHALICE_DEFAULT_STAGE
        types = problem_types(documentation(stages[name].get("environment_variables", {})))
        return cls(name, config["app_name"], url_part, directory, ip_addresses, types)

    def deployed_api(self) -> str:
        """The id of the REST API that Chalice deployed. Raises StageError."""
        return self.deployed("rest_api_id")

    def recorded_region(self) -> str:
        """The region in the record; empty if there is none."""
        for resource in _json(self.record).get("resources", []):
            if arn := str(resource.get("lambda_arn", "")):
                return arn.split(":")[3]
        return ""

    def deployed(self, what: str) -> str:
        """`rest_api_id` or `rest_api_url` in Chalice's record. Raises StageError."""
        if not self.record.exists():
            raise StageError(
                f"{self.record} not found: run `make deploy STAGE={self.name}` to create the API, or with"
                " ADOPT=1 to adopt an existing one. Pass --rest-api-id if CloudFormation or"
                " Terraform deployed it"
            )
        for resource in _json(self.record).get("resources", []):
            if resource.get("resource_type") == "rest_api" and resource.get(what):
                found: str = resource[what]
                return found
        raise StageError(f"{self.record} names no {what}: pass --rest-api-id")


def chalice_directory() -> Path:
    """The working directory's .chalice, or this project's if there is none."""
    here = Path(".chalice")
    return here if here.is_dir() else Path(__file__).parents[1] / ".chalice"


def stage_environment(
    stage: str, environment: Mapping[str, str], config: Path | None = None
) -> dict[str, str]:
    """The settings of `stage` in `config` (the project's if None), overridden by `environment`.

    The local stage has `settings`, because Chalice would override the environment with
    `environment_variables`. Raises SettingsError if the file or the stage does not exist.
    """
    return {**_in_file(stage, config), **environment}


def read_settings(stage: str, environment: Mapping[str, str]) -> Settings:
    """The settings of `stage`. Raises SettingsError, which names the source of a wrong value."""
    with wrong_values_named(stage, environment):
        return Settings.read(stage_environment(stage, environment))


@contextmanager
def wrong_values_named(stage: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Adds the source of the wrong value to a SettingsError that is raised inside."""
    try:
        yield
    except SettingsError as error:
        name = re.match(r"[A-Z][A-Z_]+", str(error))
        if name and name[0] in environment:
            raise SettingsError(f"{error} (set in the environment)") from None
        if name and name[0] in _in_file(stage):
            where = chalice_directory() / "config.json"
            raise SettingsError(f"{error} (set in {where})") from None
        raise


def taken(stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Our settings that differ in `environment` from the stage's file."""
    file = _in_file(stage)
    ours = {name: value for name, value in environment.items() if OURS.match(name)}
    return {name: value for name, value in sorted(ours.items()) if file.get(name) != value}


def _in_file(stage: str, config: Path | None = None) -> dict[str, str]:
    config = config or chalice_directory() / "config.json"
    try:
        stages = json.loads(config.read_text())["stages"]
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{config} cannot be read: {type(error).__name__}") from None
    if stage not in stages:
        raise SettingsError(f"{config} has no stage {stage!r}: name one of {', '.join(stages)}")
    return {**stages[stage].get("environment_variables", {}), **stages[stage].get("settings", {})}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StageError(f"{path} cannot be read: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise StageError(f"{path} must hold a JSON object")
    return found
