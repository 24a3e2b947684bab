"""One command for a whole deployment, again and again with the same end.

    make deploy STAGE=dev

Settings → the API on AWS → table → rollback point → chalice deploy → gateway → smoke check. It
stops at the first failure, and says what stands and how to go on.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import OURS, Settings, SettingsError, stage_environment
from operators.apis import (
    DeployError,
    apis_of,
    mark_of,
    rebuild_record,
    recorded_api,
    settle,
)
from operators.rollback import keep_point
from operators.smoke import invoke, request
from operators.stage import Stage, StageError
from operators.steps import explain


@dataclass
class Deploy:
    """A deployment of one stage: its phases, in order, each with what it says when it is done."""

    stage: Stage
    adopt: bool
    url: str

    def phases(self) -> dict[str, Callable[[], str]]:
        return {
            "settings": self.settings,
            "API": self.api,
            "table": lambda: self.script("tables/create.py"),
            "rollback point": self.rollback_point,
            "chalice deploy": self.chalice,
            "gateway": lambda: self.script("gateway/configure.py"),
            "smoke check": self.smoke,
        }

    def settings(self) -> str:
        """Of .chalice/config.json alone: what this shell exports does not reach the Lambda."""
        settings = Settings.read(stage_environment(self.stage.name, {}))
        if settings.stage != self.stage.name:
            raise SettingsError(
                f"LANDSCAPE_STAGE is {settings.stage}, in the stage {self.stage.name}"
            )
        return "complete"

    def api(self) -> str:
        gateway = self.client("apigateway")
        if not gateway.get_account().get("cloudwatchRoleArn"):
            raise DeployError(
                "API Gateway has no CloudWatch role in this account and region, and access logs need"
                " one, once: docs/gateway.md has the commands"
            )
        found = apis_of(gateway, self.stage)
        api_id = settle(self.stage, found, adopt=self.adopt)
        if api_id is None:
            return "none yet: the first one will be made"
        if recorded_api(self.stage) is None:
            client = self.client("lambda")
            rebuild_record(self.stage, api_id, client, client.meta.region_name)
            return f"{api_id}: its record was rebuilt from AWS"
        return api_id

    def rollback_point(self) -> str:
        api_id = recorded_api(self.stage)
        if api_id is None:
            return "nothing to go back to yet"
        gateway = self.client("apigateway")
        try:
            return keep_point(self.stage, api_id, gateway, self.client("lambda"))
        except gateway.exceptions.NotFoundException:
            return "nothing to go back to: the API was never deployed"

    def chalice(self) -> str:
        mark = mark_of(self.stage)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        chalice = str(Path(sys.executable).parent / "chalice")
        self.run(chalice, "deploy", "--stage", self.stage.name)
        mark.unlink(missing_ok=True)
        return f"REST API {recorded_api(self.stage)}"

    def smoke(self) -> str:
        said = invoke(self.client("lambda"), self.stage.full_name)
        region = self.client("apigateway").meta.region_name
        api_id = recorded_api(self.stage)
        own = f"https://{{api}}.execute-api.{region}.amazonaws.com/{self.stage.gateway_stage}"
        return f"{said}; {request((self.url or own).replace('{api}', str(api_id)))}"

    def script(self, path: str) -> str:
        self.run(sys.executable, path, "--stage", self.stage.name)
        return "up to date"

    def run(self, *command: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        if subprocess.run(command, env=environment, check=False).returncode:
            raise DeployError("it ended with an error, see above")

    def client(self, service: str) -> Any:
        return boto3.client(service)


def main(
    stage: Annotated[str, typer.Option(help="dev or prod")],
    adopt: Annotated[
        bool, typer.Option("--adopt", help="take over an API that Chalice has no record of")
    ] = False,
    url: Annotated[
        str, typer.Option(help="where the API answers, if not at its own URL; {api} is its id")
    ] = "",
) -> None:
    """Deploy a stage: table, Lambda, API, gateway, and a look whether it answers."""
    done: list[str] = []
    phase = "settings"
    try:
        deploy = Deploy(Stage.read(stage), adopt, url)
        for phase, carry_out in deploy.phases().items():
            print(f"deploy: {phase} …", flush=True)
            print(f"deploy: {phase}: {carry_out()}", flush=True)
            done.append(phase)
    except (DeployError, StageError, SettingsError, BotoCoreError, ClientError, OSError) as error:
        stands = ", ".join(done) or "nothing was touched"
        sys.exit(
            f"deploy: stopped at {phase}: {explain(error)}\n"
            f"deploy: done so far: {stands}. Once that is mended, the same command goes on"
        )


if __name__ == "__main__":
    typer.run(main)
