"""Whether what was deployed answers: the Lambda by itself, then the API over HTTPS."""

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from chalicelib.routes.requests import IAM
from ops.apis import DeployError

PATH = "/health"
# As the firewall says it, and nobody else: its default action, and the gateway for AWS's rules.
FIREWALLS_OWN = tuple(f"urn:landscape-api:problem:{name}" for name in ("not-listed", "filtered"))
SECONDS = 30
TRIES = 20
PAUSE_SECONDS = 4.0


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


def request(url: str, sleep: Callable[[float], None] = time.sleep) -> str:
    """Asks the API, again for a while: what was just deployed takes time to be everywhere.

    Raises DeployError where in the end it is neither its own 200 nor the firewall's 403, or where it
    answers 200 under /iam too, to a request without a signature.
    """
    target = url.rstrip("/") + PATH
    for _ in range(TRIES):
        status, body = _ask(target)
        if status == 200:
            require_signatures(url)
            return f"{target} answers 200: whoever may reach it is let in"
        if status == 403 and _problem_type(body) in FIREWALLS_OWN:
            return f"{target} answers the firewall's own 403: this address is not listed"
        sleep(PAUSE_SECONDS)
    what = f"answers {status}: {body[:200]}" if status else f"cannot be reached: {body}"
    raise DeployError(f"{target} {what}")


def require_signatures(url: str) -> None:
    """Raises DeployError where a request without a signature is answered under /iam."""
    target = url.rstrip("/") + IAM + PATH
    if _ask(target)[0] == 200:
        raise DeployError(
            f"{target} answers 200 without a signature: empty TECH_AUDIT_TOOL_ROLE_ARNS and"
            " DIGITAL_LANDSCAPE_ROLE_ARNS, deploy, and look who authorizes /iam in API Gateway"
        )


def _problem_type(body: str) -> object:
    try:
        problem = json.loads(body)
    except ValueError:
        return None
    return problem.get("type") if isinstance(problem, dict) else None


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
