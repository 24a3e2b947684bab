"""One command for a whole deployment, again and again with the same end.

    make deploy STAGE=dev

Settings → the API on AWS → table → chalice deploy → gateway → firewall → smoke check → the release's
record. It stops at the first failure, and says what stands and how to go on.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NoReturn

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import UnavailableError
from chalicelib.firewall.names import HEADER
from chalicelib.firewall.secret import read as read_secret
from chalicelib.settings import OURS, Settings, SettingsError, stage_environment
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from operators.apis import (
    DeployError,
    Place,
    apis_of,
    begin,
    end,
    is_begun,
    own_url,
    rebuild_record,
    recorded_api,
    settle,
)
from operators.releases import record, released
from operators.smoke import invoke, request
from operators.stage import Stage, StageError
from operators.steps import explain

INTERRUPTED = 130
OPERATORS_ERRORS = (DeployError, StageError, SettingsError, UnavailableError)


# The phases that can tell what they would do; the others make something.
LOOKS = ("settings", "API", "table", "gateway", "firewall")


@dataclass
class Deploy:
    """A deployment of one stage: its phases, in order, each with what it says when it is done."""

    stage: Stage
    adopt: bool
    any_region: bool
    url: str
    alarm_topic: str
    dry_run: bool
    pace: float

    def phases(self) -> dict[str, Callable[[], str]]:
        every = {
            "settings": self.settings,
            "API": self.api,
            "table": lambda: self.script("tables/create.py"),
            "what is live": self.before,
            "chalice deploy": self.chalice,
            "gateway": self.gateway,
            "firewall": self.firewall,
            "smoke check": self.smoke,
            "release": self.release,
        }
        return {name: every[name] for name in LOOKS} if self.dry_run else every

    def settings(self) -> str:
        """Of .chalice/config.json alone: what this shell exports does not reach the Lambda."""
        settings = self.read_settings()
        if settings.stage != self.stage.name:
            raise SettingsError(
                f"LANDSCAPE_STAGE is {settings.stage}, in the stage {self.stage.name}"
            )
        return "complete"

    def read_settings(self) -> Settings:
        return Settings.read(stage_environment(self.stage.name, {}))

    def api(self) -> str:
        gateway = self.client("apigateway")
        if not gateway.get_account().get("cloudwatchRoleArn"):
            raise DeployError(
                "API Gateway has no CloudWatch role in this account and region, and access logs need"
                " one, once: docs/gateway.md has the commands"
            )
        found = apis_of(gateway, self.stage)
        api_id = settle(self.stage, found, adopt=self.adopt or is_begun(self.stage, self.place))
        if api_id is None:
            self.require_the_pools_region()
            return "none yet: the first one will be made"
        if recorded_api(self.stage) is None:
            if self.dry_run:
                return f"{api_id}: its record would be rebuilt from AWS"
            rebuild_record(self.stage, api_id, self.client("lambda"), self.place.region)
            return f"{api_id}: its record was rebuilt from AWS"
        return api_id

    def require_the_pools_region(self) -> None:
        """Raises DeployError where a first API would be made far from its user pools, by mistake."""
        regions = {pool.region for pool in self.read_settings().pools}
        if self.place.region not in regions and not self.any_region:
            raise DeployError(
                f"no REST API calls {self.stage.full_name} in {self.place.region}, and the user"
                f" pools are in {', '.join(sorted(regions))}: set AWS_DEFAULT_REGION, or say"
                " --any-region (make deploy ANY_REGION=1) to make one here"
            )

    def before(self) -> str:
        """A Lambda that was deployed without this command becomes the release to go back to."""
        api_id, client = recorded_api(self.stage), self.client("lambda")
        if api_id is None:
            return "nothing yet"
        if found := released(self.stage, client):
            return f"version {found.version} of {self.stage.full_name} is the release to go back to"
        gateway = self.client("apigateway")
        try:
            return record(self.stage, api_id, gateway, client)
        except gateway.exceptions.NotFoundException:
            return "nothing yet: the API was never deployed"

    def chalice(self) -> str:
        begin(self.stage, self.place)
        chalice = str(Path(sys.executable).parent / "chalice")
        self.run(chalice, "deploy", "--stage", self.stage.name)
        end(self.stage)
        return f"REST API {recorded_api(self.stage)}"

    def gateway(self) -> str:
        if recorded_api(self.stage) is None:  # in a dry run
            return "once there is an API"
        topic = ("--alarm-topic", self.alarm_topic) if self.alarm_topic else ()
        return self.script("gateway/configure.py", *topic)

    def firewall(self) -> str:
        if not self.read_settings().require_waf:
            return "none: LANDSCAPE_REQUIRE_WAF is false, and the API is open to every address"
        if recorded_api(self.stage) is None:  # in a dry run
            return "once there is an API"
        return self.script("waf/associate.py", "--pace", str(self.pace))

    def firewalls_header(self) -> dict[str, str]:
        """What WAF would insert, for a call that goes past it. Raises DeployError."""
        settings = self.read_settings()
        if not settings.require_waf:
            return {}
        secret = read_secret(Client(BotoTransport(), settings.table))
        if not secret.values:
            raise DeployError("the table holds no value for the firewall's header")
        return {HEADER: secret.values[-1]}

    def smoke(self) -> str:
        said = invoke(self.client("lambda"), self.stage.full_name, self.firewalls_header())
        url = self.url.replace("{api}", str(recorded_api(self.stage))) or own_url(self.stage)
        return f"{said}; {request(url)}"

    def release(self) -> str:
        api_id = str(recorded_api(self.stage))
        return record(self.stage, api_id, self.client("apigateway"), self.client("lambda"))

    @cached_property
    def place(self) -> Place:
        client = self.client("sts")
        return Place(client.get_caller_identity()["Account"], client.meta.region_name)

    def script(self, path: str, *options: str) -> str:
        dry = ("--dry-run",) if self.dry_run else ()
        self.run(sys.executable, path, "--stage", self.stage.name, *options, *dry)
        return "see above" if self.dry_run else "up to date"

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
    any_region: Annotated[
        bool,
        typer.Option("--any-region", help="make the first API in another region than the pools"),
    ] = False,
    url: Annotated[
        str, typer.Option(help="where the API answers, if not at its own URL; {api} is its id")
    ] = "",
    alarm_topic: Annotated[str, typer.Option(help="ARN of the SNS topic that alarms go to")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell, but change nothing")] = False,
    pace: Annotated[float, typer.Option(min=0, hidden=True, help="of waf/associate.py")] = 1.0,
) -> None:
    """Deploy a stage: table, Lambda, API, gateway, firewall, and a look whether it answers."""
    done: list[str] = []
    phase = "settings"
    try:
        deploy = Deploy(Stage.read(stage), adopt, any_region, url, alarm_topic, dry_run, pace)
        for phase, carry_out in deploy.phases().items():
            print(f"deploy: {phase} …", flush=True)
            print(f"deploy: {phase}: {carry_out()}", flush=True)
            done.append(phase)
    except KeyboardInterrupt:
        _stop(f"interrupted at {phase}", done, INTERRUPTED)
    except (*OPERATORS_ERRORS, BotoCoreError, ClientError, OSError) as error:
        _stop(f"stopped at {phase}: {explain(error)}", done, 1)


def _stop(why: str, done: list[str], status: int) -> NoReturn:
    stands = ", ".join(done) or "nothing was touched"
    print(
        f"deploy: {why}\n"
        f"deploy: done so far: {stands}. Once that is mended, the same command goes on",
        file=sys.stderr,
    )
    sys.exit(status)


if __name__ == "__main__":
    typer.run(main)
