"""A stage as operators' scripts see it: its names, and what Chalice remembers of its deployment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.settings import STAGES, SettingsError
from ops.steps import OperatorError

CHALICE_DEFAULT_STAGE = "api"  # what Chalice calls the gateway's stage where nothing is said


class StageError(OperatorError):
    """Says what is wrong with the stage, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`name` is Chalice's stage, `gateway_stage` the one in API Gateway, which is part of its URL."""

    name: str
    app: str
    gateway_stage: str
    directory: Path = Path(".chalice")

    @property
    def full_name(self) -> str:
        """What Chalice names the API's Lambda, and what our own resources are named after."""
        return f"{self.app}-{self.name}"

    @property
    def record(self) -> Path:
        """Where Chalice keeps what it deployed."""
        return self.directory / "deployed" / f"{self.name}.json"

    @classmethod
    def read(cls, name: str, directory: Path | None = None) -> "Stage":
        """From `directory`/config.json, the project's .chalice if None. Raises StageError."""
        directory = directory or chalice_directory()
        config = _json(directory / "config.json")
        stages = config.get("stages", {})
        if name not in stages or name not in STAGES[1:]:
            known = ", ".join(stage for stage in stages if stage in STAGES[1:]) or "none"
            raise StageError(f"{name!r} is no stage that is deployed; {directory} has {known}")
        if "app_name" not in config:
            raise StageError(f"{directory / 'config.json'} has no app_name")
        gateway_stage = stages[name].get("api_gateway_stage") or config.get("api_gateway_stage")
        return cls(name, config["app_name"], gateway_stage or CHALICE_DEFAULT_STAGE, directory)

    def deployed_api(self) -> str:
        """The id of the REST API that Chalice deployed. Raises StageError."""
        return self.deployed("rest_api_id")

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

    Raises SettingsError where there is no such file or stage.
    """
    config = config or chalice_directory() / "config.json"
    try:
        stages = json.loads(config.read_text())["stages"]
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(f"{config} cannot be read: {type(error).__name__}") from None
    if stage not in stages:
        raise SettingsError(f"{config} has no stage {stage!r}, only {', '.join(stages)}")
    return {**stages[stage].get("environment_variables", {}), **environment}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise StageError(f"{path} cannot be read: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise StageError(f"{path} holds no JSON object")
    return found
