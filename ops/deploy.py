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
from typing import Annotated, NoReturn

import boto3
import typer

from chalicelib.firewall.calls import TIMEOUT
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import HEADER
from chalicelib.settings import OURS, Settings, SettingsError
from chalicelib.stores.dynamodb.boto import BotoTransport
from chalicelib.stores.dynamodb.client import Client
from ops.apis import (
    Account,
    DeployError,
    apis_of,
    choose_api,
    marker_of,
    rebuild_record,
    recorded_api,
    was_cut_short,
    write_marker,
)
from ops.console import FAILED, INTERRUPTED, Console, DryRun, StageName
from ops.gateway.alarms import SCHEDULED
from ops.gateway.api import require_log_role
from ops.gateway.configure import GatewayOptions, configure
from ops.prepare import prepare
from ops.releases import current_release, publish
from ops.smoke import invoke, request
from ops.stage import Stage, stage_environment
from ops.steps import AWS_FAILURES, OperatorError, StoppedError, explain
from ops.table.create import bring_up_to_date
from waf import associate as firewall
from waf.acl import Options as FirewallOptions
from waf.opening import Target
from waf.rotation import Rotation
from waf.secret import read as read_secret

# The phases that can tell what they would do; the others make something.
TELLING = ("settings", "API", "table", "gateway", "firewall")


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
            "settings": self.check_settings,
            "API": self.find_api,
            "table": self.bring_table_up_to_date,
            "what is live": self.keep_what_is_live,
            "chalice deploy": self.deploy_by_chalice,
            "gateway": self.configure_gateway,
            "firewall": self.put_up_firewall,
            "smoke check": self.ask,
            "release": self.publish,
        }
        return {name: every[name] for name in TELLING} if self.dry_run else every

    @cached_property
    def settings(self) -> Settings:
        """Of .chalice/config.json alone: what this shell exports does not reach the Lambda."""
        return Settings.read(stage_environment(self.stage.name, {}))

    @cached_property
    def account(self) -> Account:
        client = boto3.client("sts")
        return Account(client.get_caller_identity()["Account"], client.meta.region_name)

    def check_settings(self) -> str:
        if self.settings.stage != self.stage.name:
            raise SettingsError(
                f"LANDSCAPE_STAGE is {self.settings.stage}, in the stage {self.stage.name}"
            )
        return "complete"

    def find_api(self) -> str:
        gateway = boto3.client("apigateway")
        require_log_role(gateway)
        adopt = self.adopt or was_cut_short(self.stage, self.account)
        api_id = choose_api(self.stage, apis_of(gateway, self.stage), adopt=adopt)
        if api_id is None:
            self.require_the_pools_region()
            return "none yet: the first one will be made"
        if recorded_api(self.stage) is None:
            if self.dry_run:
                return f"{api_id}: its record would be rebuilt from AWS"
            rebuild_record(self.stage, api_id, boto3.client("lambda"), self.account.region)
            return f"{api_id}: its record was rebuilt from AWS"
        return api_id

    def require_the_pools_region(self) -> None:
        """Raises DeployError where a first API would be made far from its user pools, by mistake."""
        regions = {pool.region for pool in self.settings.pools}
        if self.account.region not in regions and not self.any_region:
            raise DeployError(
                f"no REST API calls {self.stage.full_name} in {self.account.region}, and the user"
                f" pools are in {', '.join(sorted(regions))}: set AWS_DEFAULT_REGION, or say"
                " --any-region (make deploy ANY_REGION=1) to make one here"
            )

    def keep_what_is_live(self) -> str:
        """A Lambda that was deployed without this command becomes the release to go back to."""
        api_id, client = recorded_api(self.stage), boto3.client("lambda")
        if api_id is None:
            return "nothing yet"
        if found := current_release(self.stage, client):
            return f"version {found.version} of {self.stage.full_name} is the release to go back to"
        gateway = boto3.client("apigateway")
        try:
            return publish(self.stage, api_id, gateway, client)
        except gateway.exceptions.NotFoundException:
            return "nothing yet: the API was never deployed"

    def deploy_by_chalice(self) -> str:
        write_marker(self.stage, self.account)
        chalice = str(Path(sys.executable).parent / "chalice")
        project = self.stage.directory.absolute().parent
        prepare(project)
        command = [chalice, "deploy", "--stage", self.stage.name]
        if subprocess.run(command, cwd=project, check=False).returncode:
            raise DeployError("it ended with an error, see above")
        marker_of(self.stage).unlink(missing_ok=True)
        return f"REST API {recorded_api(self.stage)}"

    def bring_table_up_to_date(self) -> str:
        dry_run, console = self.dry_run, Console("table")
        bring_up_to_date(console, self.stage.name, {}, dry_run=dry_run, status=False)
        return self.ended()

    def ended(self) -> str:
        return "see above" if self.dry_run else "up to date"

    def configure_gateway(self) -> str:
        if recorded_api(self.stage) is None:  # in a dry run
            return "once there is an API"
        name = self.stage.full_name
        scheduled = {each: f"{name}-{each}" for each in SCHEDULED}
        options = GatewayOptions(name, scheduled, alarm_topic=self.alarm_topic)
        dry_run, console = self.dry_run, Console("gateway")
        configure(console, self.stage, "", options, dry_run=dry_run, status=False)
        return self.ended()

    def put_up_firewall(self) -> str:
        if not self.settings.require_waf:
            return "none: LANDSCAPE_REQUIRE_WAF is false, and the API is open to every address"
        if recorded_api(self.stage) is None:  # in a dry run
            return "once there is an API"
        target = Target(self.stage.name, "", TIMEOUT, self.pace)
        task = firewall.Task(dry_run=self.dry_run)
        firewall.carry_out(target, FirewallOptions(), Rotation(), task, Console("firewall"))
        return self.ended()

    def firewalls_header(self) -> dict[str, str]:
        """What WAF would insert, for a call that goes past it. Raises DeployError."""
        if not self.settings.require_waf:
            return {}
        secret = read_secret(Client(BotoTransport(), self.settings.table))
        if not secret.values:
            raise DeployError(
                "the table holds no good value for the firewall's header: run"
                f" python waf/associate.py --stage {self.stage.name}"
            )
        return {HEADER: secret.values[-1]}

    def ask(self) -> str:
        said = invoke(boto3.client("lambda"), self.stage.full_name, self.firewalls_header())
        url = self.url.replace("{api}", str(recorded_api(self.stage))) or self.stage.deployed(
            "rest_api_url"
        )
        return f"{said}; {request(url)}"

    def publish(self) -> str:
        api_id = str(recorded_api(self.stage))
        return publish(self.stage, api_id, boto3.client("apigateway"), boto3.client("lambda"))


def main(
    stage: StageName,
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
    dry_run: DryRun = False,
    pace: Annotated[float, typer.Option(min=0, hidden=True, help="of the firewall's waits")] = 1.0,
) -> None:
    """Deploy a stage: table, Lambda, API, gateway, firewall, and a look whether it answers."""
    done: list[str] = []
    phase = "settings"
    # What this shell exports of them is not for a deployed stage.
    for name in filter(OURS.match, list(os.environ)):
        del os.environ[name]
    try:
        deploy = Deploy(Stage.read(stage), adopt, any_region, url, alarm_topic, dry_run, pace)
        for phase, carry_out in deploy.phases().items():
            print(f"deploy: {phase} …", flush=True)
            print(f"deploy: {phase}: {carry_out()}", flush=True)
            done.append(phase)
    except (KeyboardInterrupt, StoppedError) as error:
        _stop(f"interrupted at {phase}: {error}".rstrip(": "), done, INTERRUPTED)
    except (OperatorError, SettingsError, FirewallError, *AWS_FAILURES, OSError) as error:
        _stop(f"stopped at {phase}: {explain(error)}", done, FAILED)


def _stop(why: str, done: list[str], status: int) -> NoReturn:
    stands = ", ".join(done) or "nothing was touched"
    print(
        f"deploy: {why}\n"
        f"deploy: done so far: {stands}. Once that is mended, the same command goes on",
        file=sys.stderr,
    )
    sys.exit(status)
