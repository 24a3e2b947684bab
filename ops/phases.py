"""The phases of a deployment, in order. Each returns a line about its result."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import boto3

from chalicelib.firewall.calls import TIMEOUT
from chalicelib.firewall.names import HEADER
from chalicelib.settings import Settings, SettingsError
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
from ops.application.built import build, chalice
from ops.application.changes import REPLACES, plan
from ops.application.lambdas import Sdk
from ops.console import Console
from ops.gateway.alarms import SCHEDULED
from ops.gateway.api import require_log_role
from ops.gateway.configure import GatewayOptions, configure
from ops.prepare import prepare
from ops.releases import current_release, publish
from ops.runtime import describe_concurrency, require_pinned_python
from ops.smoke import UnprovenError, invoke, request
from ops.stage import Stage, stage_environment
from ops.steps import Step, is_anything_due
from ops.table.create import bring_up_to_date
from waf import associate as firewall
from waf.acl import Options as FirewallOptions
from waf.allowlist import open_lists
from waf.my_address import CHECKIP_URL
from waf.opening import Target
from waf.own_address import prove
from waf.rotation import Rotation
from waf.secret import read as read_secret

# The phases of a dry run; each of the others changes something.
TELLING = (
    *("settings", "API", "concurrency", "table", "chalice deploy", "gateway", "firewall"),
    "smoke check",
)
LISTING_SECONDS = 120.0  # for each change of the allow-list by the smoke check


@dataclass
class Deploy:
    """A deployment of one stage. Each phase returns the line to print when it is done."""

    stage: Stage
    adopt: bool
    any_region: bool
    url: str
    alarm_topic: str
    dry_run: bool
    pace: float
    is_verbose: bool = False
    checkip_url: str = CHECKIP_URL
    unproven: bool = False
    api_id: str | None = None
    release: str = ""
    steps: dict[str, list[Step]] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def phases(self) -> dict[str, Callable[[], str]]:
        every = {
            "settings": self.check_settings,
            "API": self.find_api,
            "concurrency": lambda: describe_concurrency(boto3.client("lambda")),
            "table": self.bring_table_up_to_date,
            "live release": self.keep_what_is_live,
            "chalice deploy": self.deploy_by_chalice,
            "gateway": self.configure_gateway,
            "firewall": self.put_up_firewall,
            "smoke check": self.ask,
            "release": self.publish,
        }
        return {name: every[name] for name in TELLING} if self.dry_run else every

    @cached_property
    def settings(self) -> Settings:
        """Read from .chalice/config.json alone: this shell's variables do not reach the Lambda."""
        return Settings.read(stage_environment(self.stage.name, {}))

    @cached_property
    def account(self) -> Account:
        client = boto3.client("sts")
        return Account(client.get_caller_identity()["Account"], client.meta.region_name)

    @property
    def project(self) -> Path:
        return self.stage.directory.absolute().parent

    def check_settings(self) -> str:
        python = require_pinned_python(self.project)
        if self.settings.stage != self.stage.name:
            raise SettingsError(
                f"LANDSCAPE_STAGE is {self.settings.stage}: set it to {self.stage.name} in config.json"
            )
        return f"complete, for Python {python}"

    def find_api(self) -> str:
        gateway = boto3.client("apigateway")
        adopt = self.adopt or was_cut_short(self.stage, self.account)
        found = apis_of(gateway, self.stage)
        self.api_id = api_id = choose_api(self.stage, found, self.account.region, adopt=adopt)
        if api_id is None:
            self.require_the_pools_region()
        require_log_role(gateway)
        if api_id is None:
            return "none yet: the first one will be created"
        if recorded_api(self.stage) is None:
            if self.dry_run:
                return f"{api_id}: its record would be rebuilt from AWS"
            rebuild_record(self.stage, api_id, boto3.client("lambda"), self.account.region)
            return f"{api_id}: its record was rebuilt from AWS"
        return api_id

    def require_the_pools_region(self) -> None:
        """Raises DeployError if the first API would be in no user pool's region, by mistake."""
        regions = {pool.region for pool in self.settings.pools}
        if self.account.region not in regions and not self.any_region:
            raise DeployError(
                f"no REST API calls {self.stage.full_name} in {self.account.region}, and the user"
                f" pools are in {', '.join(sorted(regions))}. Set AWS_DEFAULT_REGION, or"
                " pass --any-region (make deploy ANY_REGION=1) to create one here"
            )

    def keep_what_is_live(self) -> str:
        """Publishes a Lambda that was deployed without this command, to roll back to."""
        api_id, client = recorded_api(self.stage), boto3.client("lambda")
        if api_id is None:
            return "none yet"
        if found := current_release(self.stage, client):
            return f"a rollback restores version {found.version} of {self.stage.full_name}"
        gateway = boto3.client("apigateway")
        try:
            return publish(self.stage, api_id, gateway, client)
        except gateway.exceptions.NotFoundException:
            return "none yet: the API was never deployed"

    def deploy_by_chalice(self) -> str:
        """Runs Chalice only if something differs: it would replace everything each time."""
        prepare(self.project)
        sdk = Sdk.create()
        steps = [*plan(self.stage, build(self.stage), sdk, self.api_id)]
        console = self.console("deploy")
        console.show_plan(f"Lambdas and REST API of {self.stage.full_name}", steps)
        if is_anything_due(steps):
            if self.api_id:
                console.note(REPLACES)
            if not self.dry_run:
                self.run_chalice()
        return self.ended("chalice deploy", console)

    def run_chalice(self) -> None:
        write_marker(self.stage, self.account)
        chalice(self.stage, "deploy", "--stage", self.stage.name)
        marker_of(self.stage).unlink(missing_ok=True)
        self.api_id = recorded_api(self.stage)

    def bring_table_up_to_date(self) -> str:
        dry_run, console = self.dry_run, self.console("table")
        bring_up_to_date(console, self.stage.name, {}, dry_run=dry_run, status=False)
        return self.ended("table", console)

    def console(self, command: str) -> Console:
        return Console(command, is_verbose=self.is_verbose)

    def ended(self, phase: str, console: Console) -> str:
        """Empty: the console has printed the result."""
        self.steps[phase] = console.steps
        return ""

    def configure_gateway(self) -> str:
        if self.api_id is None:  # in a dry run
            return "after the API is created"
        name = self.stage.full_name
        scheduled = {each: f"{name}-{each}" for each in SCHEDULED}
        options = GatewayOptions(name, scheduled, self.settings.table, alarm_topic=self.alarm_topic)
        dry_run, console = self.dry_run, self.console("gateway")
        configure(console, self.stage, self.api_id, options, dry_run=dry_run, status=False)
        return self.ended("gateway", console)

    def put_up_firewall(self) -> str:
        if not self.settings.require_waf:
            return "none: LANDSCAPE_REQUIRE_WAF is false, so the API is open to every address"
        if self.api_id is None:  # in a dry run
            return "after the API is created"
        target = Target(self.stage.name, self.api_id, TIMEOUT, self.pace)
        task, console = firewall.Task(dry_run=self.dry_run), self.console("firewall")
        firewall.carry_out(target, FirewallOptions(), Rotation(), task, console)
        return self.ended("firewall", console)

    def firewalls_header(self) -> dict[str, str]:
        """The header that WAF inserts, for a call that bypasses WAF. Raises DeployError."""
        if not self.settings.require_waf:
            return {}
        secret = read_secret(Client(BotoTransport(), self.settings.table))
        if not secret.values:
            raise DeployError(
                "the table holds no valid value for the firewall's header: run"
                f" python waf/associate.py --stage {self.stage.name}"
            )
        return {HEADER: secret.values[-1]}

    def ask(self) -> str:
        """Sends a request through gateway and firewall. Sets `unproven` if none came through."""
        if self.dry_run:
            listed = "allow this machine's address for ten minutes and " * self.settings.require_waf
            return f"would {listed}request /health"
        said = invoke(boto3.client("lambda"), self.stage.full_name, self.firewalls_header())
        try:
            return f"{said}; {self._ask()}"
        except UnprovenError as error:
            self.unproven = True
            return f"{said}; unproven: {error}"

    def _ask(self) -> str:
        def say(text: str) -> None:
            print(f"deploy: smoke check: {text}", flush=True)

        if not self.settings.require_waf:
            return request(self.address, say)
        owner = boto3.client("sts").get_caller_identity()["Arn"]
        lists = open_lists(self.stage.name, LISTING_SECONDS, self.pace)
        return prove(self.address, lists, self.checkip_url, owner, say)

    @property
    def address(self) -> str:
        """The API's base URL."""
        url = self.url.replace("{api}", str(self.api_id)) or self.stage.deployed("rest_api_url")
        return url.rstrip("/")

    def publish(self) -> str:
        api_id, client = str(self.api_id), boto3.client("lambda")
        self.release = publish(self.stage, api_id, boto3.client("apigateway"), client)
        return self.release
