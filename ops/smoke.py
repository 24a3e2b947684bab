"""Whether what was deployed answers: the Lambda by itself, then a request through its firewall."""

import json
import re
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from chalicelib.routes.requests import IAM
from ops.apis import DeployError

Say = Callable[[str], None]
PATH = "/health"
# As the firewall says it, and nobody else: its default action, and the gateway for AWS's rules.
FIREWALLS_OWN = re.compile(r".*[:#](not-listed|filtered)")
SECONDS = 30
# As long as AWS WAF and API Gateway may take to have what is new everywhere.
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 4.0
TELL_SECONDS = 30.0


class UnprovenError(Exception):
    """Says why no request is known to have come through gateway and firewall."""


def invoke(lambda_client: Any, function: str, headers: Mapping[str, str]) -> str:
    """Calls the Lambda as the gateway would. Raises DeployError where it does not answer 200."""
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
            f"the Lambda {function} answers {status} to {PATH}: {payload.get('body')}"
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
    """Asks the API until it answers 200, for five minutes: what is new takes time to be everywhere.

    Raises UnprovenError where in the end it is the firewall's own 403, at once where this address
    `is_listed` nowhere; DeployError where it is anything else, or where the API answers 200 under
    /iam too, to a request without a signature.
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
            say(f"{what}. It is asked again for up to {left:.0f} s")
            told += TELL_SECONDS
        sleep(PAUSE_SECONDS)


def require_signatures(url: str) -> None:
    """Raises DeployError where a request without a signature is answered under /iam."""
    target = url.rstrip("/") + IAM + PATH
    if _ask(target)[0] == 200:
        raise DeployError(
            f"{target} answers 200 without a signature: empty TECH_AUDIT_TOOL_ROLE_ARNS and"
            " DIGITAL_LANDSCAPE_ROLE_ARNS, deploy, and look who authorizes /iam in API Gateway"
        )


def _problem_type(body: str) -> str:
    """Empty where the body is no problem."""
    try:
        problem = json.loads(body)
    except ValueError:
        return ""
    return str(problem.get("type")) if isinstance(problem, dict) else ""


def _ask(target: str) -> tuple[int, str]:
    """The status and the body; 0 and the reason where there is no answer."""
    try:
        with urlopen(target, timeout=SECONDS) as response:
            return response.status, response.read().decode(errors="replace")
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return 0, str(error) or type(error).__name__
