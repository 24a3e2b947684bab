"""AWS Signature Version 4 for a POST to the root of a service's endpoint."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def authorization(
    headers: Mapping[str, str], body: bytes, credentials: Credentials, region: str, service: str
) -> str:
    """The value of Authorization that signs `body` and all of `headers`.

    Header names are in lower case. They include host and x-amz-date (`20260131T235959Z`).
    """
    names = sorted(headers)
    signed = ";".join(names)
    trimmed = [f"{name}:{' '.join(headers[name].split())}" for name in names]
    canonical = "\n".join(["POST", "/", "", *trimmed, "", signed, sha256(body).hexdigest()])
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join([ALGORITHM, moment, scope, sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(_signing_key(credentials, scope), to_sign.encode(), "sha256").hex()
    credential = f"Credential={credentials.access_key}/{scope}"
    return f"{ALGORITHM} {credential}, SignedHeaders={signed}, Signature={signature}"


@lru_cache(1)
def _signing_key(credentials: Credentials, scope: str) -> bytes:
    """The key of a day and a service. It takes more than half of a signature's time, so it is cached."""
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
