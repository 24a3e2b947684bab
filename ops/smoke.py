"""The smoke check of a deploy: calls the Lambda, then sends a request through the firewall."""

import json
import re
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

from chalicelib.routes.requests import IAM
from ops.apis import DeployError

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

Say = Callable[[str], None]
PATH = "/health"
# Only the firewall sends these: its default action, and the gateway for AWS's rules.
FIREWALLS_OWN = re.compile(r".*[:#](not-listed|filtered)")
SECONDS = 30
# The time that AWS WAF and API Gateway may take to apply a change everywhere.
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 4.0
TELL_SECONDS = 30.0


class UnprovenError(Exception):
    """No request came through gateway and firewall. The message names the reason."""


def invoke(lambda_client: "LambdaClient", function: str, headers: Mapping[str, str]) -> str:
    """Calls the Lambda as the gateway would. Raises DeployError unless it answers 200."""
    event = {
        "requestContext": {"httpMethod": "GET", "resourcePath": PATH, "path": PATH},
        "headers": dict(headers),
        "pathParameters": None,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": None,
    }
    answer = lambda_client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(payload, dict):
        raise DeployError(f"the Lambda {function} fails: see its log /aws/lambda/{function}")
    status = payload.get("statusCode")
    if status != 200:
        raise DeployError(
            f"the Lambda {function} answers {status} to {PATH}: {payload.get('body')}."
            f" See its log /aws/lambda/{function}"
        )
    return f"the Lambda {function} answers 200"


def request(
    url: str,
    say: Say,
    *,
    is_listed: bool = True,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Requests /health until it answers 200, for five minutes: a change takes time to apply.

    Raises UnprovenError if the last answer is the firewall's own 403, at once unless `is_listed`.
    Raises DeployError for any other answer, or a 200 under /iam without a signature.
    """
    target = url.rstrip("/") + PATH
    told, end = clock(), clock() + PATIENCE_SECONDS
    while True:
        status, body = _ask(target)
        if status == 200:
            require_signatures(url)
            return f"{target} answers 200"
        is_firewalls = status == 403 and FIREWALLS_OWN.fullmatch(_problem_type(body))
        if is_firewalls:
            what = f"{target} answers the firewall's own 403"
        elif status:
            what = f"{target} answers {status}: {body[:200]}"
        else:
            what = f"{target} cannot be reached: {body}"
        left = end - clock()
        if left <= 0 or (is_firewalls and not is_listed):
            raise (UnprovenError if is_firewalls else DeployError)(what)
        if clock() >= told:
            say(f"{what}. Retrying for up to {left:.0f} s")
            told += TELL_SECONDS
        sleep(PAUSE_SECONDS)


def require_signatures(url: str) -> None:
    """Raises DeployError if a request under /iam without a signature is answered with 200."""
    target = url.rstrip("/") + IAM + PATH
    if _ask(target)[0] == 200:
        raise DeployError(
            f"{target} answers 200 without a signature: empty TECH_AUDIT_TOOL_ROLE_ARNS and"
            " DIGITAL_LANDSCAPE_ROLE_ARNS, deploy, and check the authorization of /iam in API Gateway"
        )


def _problem_type(body: str) -> str:
    """Empty if the body is not a problem."""
    try:
        problem = json.loads(body)
    except ValueError:
        return ""
    return str(problem.get("type")) if isinstance(problem, dict) else ""


def _ask(target: str) -> tuple[int, str]:
    """The status and the body; 0 and the reason if there is no answer."""
    try:
        with urlopen(target, timeout=SECONDS) as response:
            return response.status, response.read().decode(errors="replace")
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return 0, str(error) or type(error).__name__
