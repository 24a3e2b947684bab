"""Whether what was deployed answers: the Lambda by itself, then the API over HTTPS."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from operators.apis import DeployError

PATH = "/health"
SECONDS = 30


def invoke(lambda_client: Any, function: str) -> str:
    """Calls the Lambda as the gateway would. Raises DeployError where it does not answer 200."""
    event = {
        "requestContext": {"httpMethod": "GET", "resourcePath": PATH, "path": PATH},
        "headers": {},
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


def request(url: str) -> str:
    """Asks the API. Raises DeployError for anything but its own 200 and the firewall's 403."""
    target = url.rstrip("/") + PATH
    try:
        with urlopen(target, timeout=SECONDS) as response:
            if response.status == 200:
                return f"{target} answers 200: whoever may reach it is let in"
            raise DeployError(f"{target} answers {response.status}")
    except HTTPError as error:
        with error:
            body = error.read().decode(errors="replace")
        if error.code == 403 and "urn:landscape-api:problem:" in body:
            return f"{target} answers the firewall's own 403: this address is not listed"
        raise DeployError(f"{target} answers {error.code}: {body[:200]}") from None
    except URLError as error:
        raise DeployError(f"{target} cannot be reached: {error.reason}") from None
