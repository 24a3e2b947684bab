"""An emulated AWS on loopback, which tests start and stop. No test calls a real account."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import urlopen

import boto3
from botocore.credentials import Credentials

from tests.support.api import ROOT, free_port

REGION = "eu-west-2"
START_SECONDS = 90.0
COMMAND = [f"{ROOT}/.venv-emulator/bin/python", "-P", f"{ROOT}/tests/support/leading_keys.py"]
POOL = "arn:aws:cognito-idp:eu-west-2:000000000000:userpool/eu-west-2_"
# The account's root, which every policy check allows.
CREDENTIALS: dict[str, Any] = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "test"}


def environment_at(url: str) -> dict[str, str]:
    """The environment of a command that uses `url` as AWS, with 200 columns for its tables."""
    credentials = {name.upper(): value for name, value in CREDENTIALS.items()}
    at = {"AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": REGION, "COLUMNS": "200"}
    return {**os.environ, **credentials, **at}


def write_stage(project: Path, app_name: str, table: str, **more: str) -> None:
    """Writes .chalice/config.json with a stage dev that has all its settings and this table."""
    variables = {
        "LANDSCAPE_STAGE": "dev",
        "LANDSCAPE_STORE_URL": f"dynamodb://{table}",
        "TECH_AUDIT_TOOL_POOL_ARN": f"{POOL}Audit",
        "TECH_AUDIT_TOOL_CLIENT_IDS": "a",
        "DIGITAL_LANDSCAPE_POOL_ARN": f"{POOL}Radar",
        "DIGITAL_LANDSCAPE_CLIENT_IDS": "b",
        "CORS_ORIGINS": "https://landscape.example.org",
    }
    dev = {"environment_variables": variables, **more}
    (project / ".chalice").mkdir(parents=True)
    config = {"app_name": app_name, "stages": {"dev": dev}}
    (project / ".chalice/config.json").write_text(json.dumps(config))


class Emulator:
    """A ministack process on a free port of 127.0.0.1, with its state under `state`."""

    running: ClassVar[list["Emulator"]] = []

    def __init__(self, state: Path, *, enforces_policies: bool = False) -> None:
        self.state = state
        self.log_path = state / "emulator.log"
        self.port = free_port()
        self._enforces_policies = enforces_policies
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def client(self, service: Any, region: str = REGION) -> Any:
        """A cached client for each service and region: a new one takes a tenth of a second."""
        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service, region_name=region, endpoint_url=self.url, **CREDENTIALS
            )
        return self._clients[service, region]

    def start(self) -> "Emulator":
        """Starts with the same port and the stored state, if it ran before."""
        environment = {
            **os.environ,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "false",
            "SFTP_ENABLED": "false",
            "MINISTACK_REGION": REGION,
            "STATE_DIR": str(self.state / "kept"),
            "PERSIST_STATE": "1",
            "AUTH": str(self._enforces_policies).lower(),
        }
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                COMMAND,
                env=environment,
                cwd=self.state,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.append(self)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urlopen(f"{self.url}/_ministack/health", timeout=5):
                    return self
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"the emulator did not start:\n{self.log}")

    def stop(self) -> None:
        """Stops it. It stores its state first."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=60)
        if self in self.running:
            self.running.remove(self)

    def drop_signing_keys(self) -> None:
        """Makes every pool sign with new keys from the next start. Stop the emulator first."""
        shutil.rmtree(self.state / "kept/cognito-pool-keys")


class UserPool:
    """A Cognito user pool with an app client, and the tokens of its users."""

    PASSWORD = "Emulated-Passw0rd!"

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._cognito = emulator.client("cognito-idp")
        pool = self._cognito.create_user_pool(PoolName=name)["UserPool"]
        self.id, self.arn = pool["Id"], pool["Arn"]
        self.client_id = self.add_client("front-end")

    def add_client(self, name: str) -> str:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = self._cognito.create_user_pool_client(
            UserPoolId=self.id, ClientName=name, ExplicitAuthFlows=flows
        )
        client_id: str = made["UserPoolClient"]["ClientId"]
        return client_id

    def add_user(self, email: str, *groups: str, verified: bool = True) -> None:
        attributes = [
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": str(verified).lower()},
        ]
        pool = {"UserPoolId": self.id}
        self._cognito.admin_create_user(Username=email, UserAttributes=attributes, **pool)
        self._cognito.admin_set_user_password(
            Username=email, Password=self.PASSWORD, Permanent=True, **pool
        )
        for group in groups:
            known = [one["GroupName"] for one in self._cognito.list_groups(**pool)["Groups"]]
            if group not in known:
                self._cognito.create_group(GroupName=group, **pool)
            self._cognito.admin_add_user_to_group(Username=email, GroupName=group, **pool)

    def tokens(self, email: str, client_id: str = "") -> dict[str, str]:
        """The user's IdToken, AccessToken and RefreshToken."""
        answer = self._cognito.initiate_auth(
            ClientId=client_id or self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": self.PASSWORD},
        )
        found: dict[str, str] = answer["AuthenticationResult"]
        return found


class IamRole:
    """An IAM role of the account, which the tests may assume."""

    def __init__(self, emulator: Emulator, arn: str) -> None:
        self.arn = arn
        account, path = arn.split(":")[4:]
        before, _, self.name = path.removeprefix("role").rpartition("/")
        self._iam, self._sts = emulator.client("iam"), emulator.client("sts")
        root = {"AWS": f"arn:aws:iam::{account}:root"}
        trust = _policy(Action="sts:AssumeRole", Principal=root)
        self._iam.create_role(RoleName=self.name, Path=f"{before}/", AssumeRolePolicyDocument=trust)

    def may_call(self, *resources: str) -> None:
        policy = _policy(Action="execute-api:Invoke", Resource=resources)
        self._iam.put_role_policy(RoleName=self.name, PolicyName="call", PolicyDocument=policy)

    def credentials(self) -> Credentials:
        """The credentials of a new session called `nightly`."""
        made = self._sts.assume_role(RoleArn=self.arn, RoleSessionName="nightly")["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
