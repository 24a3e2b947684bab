"""A stage as operators' scripts see it: its names, and what Chalice remembers of its deployment."""

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

CHALICE_DEFAULT_STAGE = "api"  # what Chalice calls the gateway's stage where nothing is said
IPV4, DUAL_STACK = "ipv4", "dualstack"  # which callers an API takes, as API Gateway says it
IP_ADDRESSES = "api_gateway_ip_address_type"  # ours, in Chalice's file: Chalice passes it over


class StageError(OperatorError):
    """Says what is wrong with the stage, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`name` is Chalice's stage, `gateway_stage` the one in API Gateway, which is part of its URL.

    `problem_types` is the beginning of every problem's type, as the stage's Lambda has it.
    """

    name: str
    app: str
    gateway_stage: str
    directory: Path = Path(".chalice")
    ip_addresses: str = DUAL_STACK
    problem_types: str = PROBLEM_URN

    @property
    def full_name(self) -> str:
        """What Chalice names the API's Lambda, and what our own resources are named after."""
        return f"{self.app}-{self.name}"

    @property
    def record(self) -> Path:
        """Where Chalice keeps what it deployed."""
        return self.directory / "deployed" / f"{self.name}.json"

    @property
    def is_recorded(self) -> bool:
        """Whether Chalice remembers a deployment; `chalice delete` leaves an empty record."""
        return self.record.exists() and bool(_json(self.record).get("resources"))

    @classmethod
    def read(cls, name: str, directory: Path | None = None) -> "Stage":
        """From `directory`/config.json, the project's .chalice if None.

        Raises StageError; SettingsError for a wrong LANDSCAPE_DOCUMENTATION_URL.
        """
        directory = directory or chalice_directory()
        config = _json(directory / "config.json")
        stages = config.get("stages", {})
        if name not in stages or name not in STAGES[1:]:
            known = ", ".join(stage for stage in stages if stage in STAGES[1:]) or "none"
            what = f"{name!r} is no stage that is deployed" if name else "no stage is named"
            raise StageError(
                f"{what}; {directory} has {known}. Say STAGE=dev to make, --stage dev to a command"
            )
        if "app_name" not in config:
            raise StageError(f"{directory / 'config.json'} has no app_name")
        gateway_stage = stages[name].get("api_gateway_stage") or config.get("api_gateway_stage")
        ip_addresses = stages[name].get(IP_ADDRESSES, DUAL_STACK)
        if ip_addresses not in (IPV4, DUAL_STACK):
            raise StageError(
                f"{IP_ADDRESSES} of the stage {name} is {ip_addresses!r}: write {DUAL_STACK!r}, or"
                f" {IPV4!r} to keep callers from IPv6"
            )
        url_part = gateway_stage or CHALICE_DEFAULT_STAGE
        types = problem_types(documentation(stages[name].get("environment_variables", {})))
        return cls(name, config["app_name"], url_part, directory, ip_addresses, types)

    def deployed_api(self) -> str:
        """The id of the REST API that Chalice deployed. Raises StageError."""
        return self.deployed("rest_api_id")

    def recorded_region(self) -> str:
        """Where the record says that the stage is deployed; empty where it does not say."""
        for resource in _json(self.record).get("resources", []):
            if arn := str(resource.get("lambda_arn", "")):
                return arn.split(":")[3]
        return ""

    def deployed(self, what: str) -> str:
        """`rest_api_id` or `rest_api_url` in Chalice's record. Raises StageError."""
        if not self.record.exists():
            raise StageError(
                f"there is no {self.record}: `make deploy STAGE={self.name}` makes the API, with ADOPT=1 it"
                " takes over the one that there is; say --rest-api-id where CloudFormation or"
                " Terraform deployed it"
            )
        for resource in _json(self.record).get("resources", []):
            if resource.get("resource_type") == "rest_api" and resource.get(what):
                found: str = resource[what]
                return found
        raise StageError(f"{self.record} names no {what}: say --rest-api-id")


def chalice_directory() -> Path:
    """The working directory's .chalice, or where it has none that of this project."""
    here = Path(".chalice")
    return here if here.is_dir() else Path(__file__).parents[1] / ".chalice"


def stage_environment(
    stage: str, environment: Mapping[str, str], config: Path | None = None
) -> dict[str, str]:
    """The settings of `stage` for a command: `config` (the project's if None) under `environment`.

    Chalice writes `environment_variables` over the environment; `settings`, which the local stage
    has, are left to us. Raises SettingsError where there is no such file or stage.
    """
    return {**_in_file(stage, config), **environment}


def read_settings(stage: str, environment: Mapping[str, str]) -> Settings:
    """The settings of `stage`. Raises SettingsError, which says where the wrong value stands."""
    with wrong_values_named(stage, environment):
        return Settings.read(stage_environment(stage, environment))


@contextmanager
def wrong_values_named(stage: str, environment: Mapping[str, str]) -> Iterator[None]:
    """A SettingsError that is raised inside says of its setting where the value stands."""
    try:
        yield
    except SettingsError as error:
        name = re.match(r"[A-Z][A-Z_]+", str(error))
        if name and name[0] in environment:
            raise SettingsError(f"{error} (it is so in the environment)") from None
        if name and name[0] in _in_file(stage):
            where = chalice_directory() / "config.json"
            raise SettingsError(f"{error} (it is so in {where})") from None
        raise


def taken(stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of ours that `environment` has otherwise than the stage's file."""
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
        raise SettingsError(f"{config} has no stage {stage!r}, only {', '.join(stages)}")
    return {**stages[stage].get("environment_variables", {}), **stages[stage].get("settings", {})}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StageError(f"{path} cannot be read: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise StageError(f"{path} holds no JSON object")
    return found
