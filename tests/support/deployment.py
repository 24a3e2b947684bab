"""The project, deployed to an emulated AWS by the commands that an operator runs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from botocore.credentials import Credentials

from chalicelib.settings import Settings
from ops.stage import stage_environment
from tests.support.api import ORIGIN, ROOT, Answer, Api, Sender, through_http
from tests.support.aws_proxy import DATA_PLANE, AwsProxy
from tests.support.commands import program_of
from tests.support.emulator import REGION, Emulator, UserPool, environment_at
from tests.support.fake_waf import FakeWaf
from tests.support.signing import with_development_signature

# The event that EventBridge sends.
EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "000000000000",
    "time": "2026-01-01T00:00:00Z",
    "region": REGION,
    "detail": {},
}
# Calls that change nothing, by AwsProxy's names.
READS = re.compile(r"GET |HEAD |Describe|List|Get|BatchGet|Query")
FOLDERS = ("chalicelib", ".chalice", "ops", "waf", "tools", "data")


class Deployment:
    """A copy of the project whose stage dev has all settings, and the two user pools that it names.

    Its emulated AWS has no other API with the same name.
    """

    def __init__(self, place: Path, *, enforces_policies: bool = False) -> None:
        self.emulator = Emulator(place, enforces_policies=enforces_policies).start()
        self.waf = FakeWaf().start()
        self.proxy = AwsProxy(self.emulator, self.waf)
        self.audit = UserPool(self.emulator, "tech-audit-tool")
        self.landscape = UserPool(self.emulator, "digital-landscape")
        self.region = REGION
        self.project = place / "project"
        self._copy()
        allow_access_logs(self.emulator)
        self.configure(
            TECH_AUDIT_TOOL_POOL_ARN=self.audit.arn,
            TECH_AUDIT_TOOL_CLIENT_IDS=self.audit.client_id,
            DIGITAL_LANDSCAPE_POOL_ARN=self.landscape.arn,
            DIGITAL_LANDSCAPE_CLIENT_IDS=self.landscape.client_id,
            CORS_ORIGINS=ORIGIN,
            AWS_ENDPOINT_URL_WAFV2=self.waf.url,  # for the scheduled function `expire`
        )

    def _copy(self) -> None:
        self.project.mkdir()
        for name in ("app.py", "requirements.txt", "Makefile", ".python-version"):
            shutil.copy(ROOT / name, self.project)
        left_out = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.project / name, ignore=left_out)

    def configure(self, **settings: str) -> None:
        """Changes settings of the stage dev in the copy's .chalice/config.json."""
        path = self.project / ".chalice/config.json"
        config = json.loads(path.read_text())
        config["stages"]["dev"]["environment_variables"].update(settings)
        path.write_text(json.dumps(config, indent=2))

    @property
    def environment(self) -> dict[str, str]:
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels().name}
        return {**environment_at(self.proxy.url), **index, "AWS_DEFAULT_REGION": self.region}

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Starts a command of `landscape` or `chalice` in the copy."""
        return subprocess.Popen(
            [*program_of(command[0]), *command[1:]],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, expect: int = 0) -> str:
        """The output of a command. Fails the test if its exit code is not `expect`."""
        process = self.start(*command)
        output, _ = process.communicate(timeout=600)
        assert process.returncode == expect, f"{command} ended with {process.returncode}:\n{output}"
        return output

    def deploy(self, *options: str, expect: int = 0) -> str:
        """Runs `make deploy STAGE=dev`. Its smoke check calls the emulated data plane."""
        return self.run(*self.deploy_command, *options, expect=expect)

    def deploy_until(self, is_enough: Callable[[str], bool]) -> tuple[int, str]:
        """Runs `make deploy`. Kills its processes after the first call that `is_enough` accepts."""
        return self.run_until(is_enough, *self.deploy_command)

    @property
    def deploy_command(self) -> tuple[str, ...]:
        where = ("--stage", "dev", "--url", self.url_pattern)
        return ("deploy", *where, "--checkip-url", f"{self.proxy.url}/checkip", "--pace", "0")

    def run_until(self, is_enough: Callable[[str], bool], *command: str) -> tuple[int, str]:
        process = self.start(*command)

        def watch(_: int, what: str) -> None:
            if is_enough(what):
                os.killpg(process.pid, signal.SIGKILL)

        self.proxy.watch = watch
        output, _ = process.communicate(timeout=600)
        self.proxy.watch = None
        return process.returncode, output

    def call_scheduled(self, name: str) -> str:
        """Calls a scheduled function as EventBridge does. Returns its error, or ""."""
        rule = f"arn:aws:events:{REGION}:000000000000:rule/landscape-api-dev-{name}-event"
        answer = self.emulator.client("lambda").invoke(
            FunctionName=f"landscape-api-dev-{name}",
            Payload=json.dumps({**EVENT, "resources": [rule]}),
        )
        return answer["Payload"].read().decode() if "FunctionError" in answer else ""

    def logged(self, name: str) -> list[dict[str, Any]]:
        """The JSON lines in the log of a scheduled function."""
        group = f"/aws/lambda/landscape-api-dev-{name}"
        events = self.emulator.client("logs").filter_log_events(logGroupName=group)["events"]
        return [json.loads(e["message"]) for e in events if e["message"].startswith("{")]

    def let_in(self) -> None:
        """Lists the address that the tests' requests come from."""
        options = ("--force", "--stage", "dev", "--pace", "0")
        self.run("allow", "add", self.proxy.source_ip, *options)

    @property
    def url_pattern(self) -> str:
        """The URL of the API, behind its firewall."""
        return f"{self.proxy.url}{DATA_PLANE}{{api}}/dev"

    @property
    def record(self) -> dict[str, Any]:
        """Chalice's record of its resources, by name."""
        record = json.loads(self.record_path.read_text())
        return {resource["name"]: resource for resource in record["resources"]}

    @property
    def record_path(self) -> Path:
        return self.project / ".chalice/deployed/dev.json"

    @property
    def api_id(self) -> str:
        found: str = self.record["rest_api"]["rest_api_id"]
        return found

    @property
    def api(self) -> Api:
        """The deployed API, behind its firewall and the gateway."""
        return self._api(through_http("127.0.0.1", self.proxy.server_port))

    @property
    def past_waf(self) -> Api:
        """The deployed API, called directly at the gateway."""
        return self._api(through_http("127.0.0.1", self.emulator.port))

    @property
    def settings(self) -> Settings:
        environment = stage_environment("dev", {}, self.project / ".chalice/config.json")
        return Settings.read(environment)

    def signed_by(
        self, credentials: Credentials, on_behalf_of: str = "", *, past_waf: bool = False
    ) -> Api:
        """The deployed API, called with an IAM role's credentials."""
        port = self.emulator.port if past_waf else self.proxy.server_port
        send = through_http("127.0.0.1", port)
        signed = with_development_signature(send, credentials, f"127.0.0.1:{port}")
        return self._api(signed, {"On-Behalf-Of": on_behalf_of} if on_behalf_of else {})

    def _api(self, send: Sender, headers: Mapping[str, str] | None = None) -> Api:
        prefix = f"{DATA_PLANE}{self.api_id}/dev"

        def sender(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
            return send(method, prefix + path.removeprefix("/dev"), headers, body)

        return Api(sender, self.settings, headers or {})

    def own_apis(self) -> list[str]:
        """The ids of all REST APIs with this name."""
        found = self.emulator.client("apigateway").get_rest_apis(limit=500)["items"]
        return [api["id"] for api in found if api["name"] == "landscape-api"]

    def gateway_stage(self) -> dict[str, Any]:
        """The deployed stage, as API Gateway describes it."""
        gateway = self.emulator.client("apigateway")
        found: dict[str, Any] = gateway.get_stage(restApiId=self.api_id, stageName="dev")
        return found

    def stop(self) -> None:
        self.proxy.stop()
        self.waf.stop()
        self.emulator.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@cache
def wheels() -> TemporaryDirectory[str]:
    """The wheels for the zip, downloaded once: `chalice package` calls pip after each change."""
    folder = TemporaryDirectory(prefix="wheels-")
    platform = ("--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64")
    options = ("--quiet", "--only-binary=:all:", *platform, "--dest", folder.name)
    needed = ("-r", str(ROOT / "requirements.txt"))
    command = [sys.executable, "-m", "pip", "download", *options, *needed]
    subprocess.run(command, check=True)
    return folder


def allow_access_logs(
    emulator: Emulator,
    region: str = REGION,
    role: str = "arn:aws:iam::000000000000:role/api-gateway-logs",
) -> None:
    """Gives the account the role that API Gateway needs once: docs/gateway.md."""
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    emulator.client("apigateway", region).update_account(patchOperations=[change])
