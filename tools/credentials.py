"""Development credentials: on the local stage, a key for each service replaces its IAM role.

    landscape credentials --service digital-landscape

Prints the credentials as shell variables for AWS tools. The local API verifies signatures as API
Gateway does (AWS Signature Version 4). The secret is created on first use, in the state directory.
"""

import hmac
import os
import re
import secrets
import shlex
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode

import typer
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from chalice.app import MultiDict, Request

from chalicelib.errors import UnsignedError
from chalicelib.models.caller import SERVICES
from chalicelib.models.identity import Role
from chalicelib.routes.requests import body_bytes
from chalicelib.routes.roles import NOT_SIGNED
from chalicelib.settings import Settings, SettingsError
from ops.stage import read_settings
from tools.token import write_secret

AWS_SERVICE = "execute-api"
REGION = "eu-west-2"
SECRET_BYTES = 30
LONGEST_AGE = timedelta(minutes=5)
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([^/, ]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request,"
    r" *SignedHeaders=([a-z0-9;_-]+), *Signature=([0-9a-f]{64})",
    re.ASCII,
)
UNKNOWN = "The credentials are unknown: print valid ones with `landscape credentials`"


def role_of(settings: Settings, service: str) -> Role:
    """The role that the development credentials of `service` replace. Raises SettingsError."""
    if not settings.is_local:
        raise SettingsError(
            "Development credentials work on the local stage only: sign with an IAM role on others"
        )
    if service not in SERVICES:
        raise SettingsError(f"--service is {service!r}: use one of {', '.join(SERVICES)}")
    for role in settings.roles:
        if role.service == service:
            return role
    name = f"{service.upper().replace('-', '_')}_ROLE_ARNS"
    raise SettingsError(f"{name} is empty: set it to the ARN of a role of {service}")


def development_credentials(settings: Settings, service: str) -> Credentials:
    """The service's name and its secret, which is created if missing. Raises SettingsError."""
    role_of(settings, service)
    path = secret_path(settings, service)
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(SECRET_BYTES).encode())
    return Credentials(service, path.read_text("ascii"))


def secret_path(settings: Settings, service: str) -> Path:
    return settings.keys_directory / f"{service}.secret"


def user_arn(settings: Settings, request: Request) -> str:
    """The ARN that API Gateway would give to the request's signer. Raises UnsignedError."""
    header = request.headers.get("authorization", "")
    if not header:
        raise UnsignedError(NOT_SIGNED)
    found = AUTHORIZATION.fullmatch(header)
    if found is None:
        raise UnsignedError(
            "Authorization is not an AWS Signature Version 4: use an AWS SDK or curl --aws-sigv4"
        )
    service, day, region, aws_service, signed, signature = found.groups()
    try:
        role = role_of(settings, service)
        secret = secret_path(settings, service).read_text("ascii")
    except (SettingsError, OSError):
        raise UnsignedError(UNKNOWN) from None
    moment = request.headers.get("x-amz-date", "")
    _require_recent(moment, day)
    names = signed.split(";")
    if aws_service != AWS_SERVICE or not {"host", "x-amz-date"} <= {*names}:
        raise UnsignedError(f"Sign host and x-amz-date, for the service {AWS_SERVICE}")
    again = _signable(request, names)
    again.context["timestamp"] = moment
    auth = SigV4Auth(Credentials(service, secret), AWS_SERVICE, region)
    expected = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    if not hmac.compare_digest(signature, expected):
        raise UnsignedError(
            "The signature does not match the request and the credentials: sign it again"
        )
    _, account, name = role.key
    return f"arn:aws:sts::{account}:assumed-role/{name}/development"


def _require_recent(moment: str, day: str) -> None:
    try:
        signed_at = datetime.strptime(moment, SIGV4_TIMESTAMP).replace(tzinfo=UTC)
    except ValueError:
        raise UnsignedError("x-amz-date is invalid: write it like 20260131T235959Z") from None
    if moment[:8] != day or abs(datetime.now(UTC) - signed_at) > LONGEST_AGE:
        raise UnsignedError("The signature has expired: sign the request again")


def _signable(request: Request, names: list[str]) -> AWSRequest:
    """The request as its caller signed it, with only the named headers."""
    headers = {name: request.headers.get(name, "") for name in names}
    body = body_bytes(request)
    if headers.get("x-amz-content-sha256", digest := sha256(body).hexdigest()) != digest:
        raise UnsignedError(
            "x-amz-content-sha256 is not the hash of the body: sign the body that you send"
        )
    given = request.query_params or MultiDict({})
    pairs = [(name, value) for name in given for value in given.getlist(name)]
    path = request.context["path"]  # as it was sent, including a slash at its end
    url = f"http://{headers['host']}{quote(path)}?{urlencode(pairs, quote_via=quote)}"
    return AWSRequest(request.method, url, headers=headers, data=body)


def main(service: Annotated[str, typer.Option(help=" or ".join(SERVICES))]) -> None:
    """Print development credentials, which replace a service's IAM role on the local stage."""
    try:
        settings = read_settings("local", os.environ)
        made = development_credentials(settings, service)
    except SettingsError as error:
        sys.exit(f"credentials: {error}")
    print(f"export AWS_ACCESS_KEY_ID={shlex.quote(made.access_key)}")
    print(f"export AWS_SECRET_ACCESS_KEY={shlex.quote(made.secret_key)}")
    print(f"export AWS_DEFAULT_REGION={REGION}")
