"""Requests that an IAM role signs: with development credentials, or as API Gateway sends them."""

from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from chalice.app import Chalice

from tests.support.api import Answer, Api, Sender, through_app
from tools.credentials import development_credentials

IAM = "/iam"
REGION = "eu-west-2"


def identity(arn: str) -> dict[str, Any]:
    """API Gateway's data about the signer of a request (its documentation, `$context.identity`)."""
    account = arn.split(":")[4] if arn.count(":") > 4 else ""
    return {
        "accessKey": "ASIAEXAMPLE",
        "accountId": account,
        "apiKey": None,
        "caller": "AROAEXAMPLE:nightly",
        "cognitoIdentityId": None,
        "sourceIp": "192.0.2.1",
        "user": "AROAEXAMPLE:nightly",
        "userAgent": "Boto3",
        "userArn": arn,
    }


def through_gateway(app: Chalice, arn: str, base: str = "") -> Sender:
    """Calls the app as Lambda does, for a request that the owner of this ARN has signed."""
    return through_app(app, base, identity=identity(arn))


def with_development_signature(
    send: Sender, credentials: Credentials, host: str = "localhost"
) -> Sender:
    """Signs all headers and the body, as an AWS SDK does."""

    def signed(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        request = AWSRequest(method, f"http://{host}{path}", headers=dict(headers), data=body)
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return send(method, path, dict(request.headers.items()) | {"Host": host}, body)

    return signed


def as_role(api: Api, service: str, on_behalf_of: str | None = None) -> Api:
    """The API of a local stage, called with the signature of the service's role."""
    credentials = development_credentials(api.settings, service)
    named = {} if on_behalf_of is None else {"On-Behalf-Of": on_behalf_of}
    return Api(with_development_signature(api.send, credentials), api.settings, named)
