"""From a request to a Caller: what the gateway's authorizers check is not enough, so this goes on.

Inside Lambda the claims are the gateway's; anywhere else the token is verified here, and what
a request says of an authorizer counts for nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalice.app import Request

from chalicelib.errors import ForbiddenError, UnauthenticatedError
from chalicelib.models.caller import Caller
from chalicelib.settings import Pool

Claims = Mapping[str, Any]


def gateway_claims(request: Request) -> Claims:
    """What the Cognito authorizer of API Gateway found. Raises UnauthenticatedError where it found none."""
    authorizer = request.context.get("authorizer")
    claims = authorizer.get("claims") if isinstance(authorizer, dict) else None
    if not isinstance(claims, dict) or not claims:
        raise UnauthenticatedError("No token was sent", code=None)
    return claims


def verified_claims(verify: Callable[[str], Claims]) -> Callable[[Request], Claims]:
    """The claims of the token in Authorization, after `verify` found it genuine."""

    def claims(request: Request) -> Claims:
        return verify(bearer_token(request.headers.get("authorization", "")))

    return claims


def bearer_token(header: str) -> str:
    """`Bearer x` and the raw token are both taken. Raises UnauthenticatedError where there is none."""
    token = re.sub(r"^bearer(\s+|$)", "", header.strip(), flags=re.IGNORECASE)
    if not token:
        raise UnauthenticatedError("No token was sent", code=None)
    if " " in token:
        raise UnauthenticatedError("Authorization is not Bearer and a token")
    return token


def authenticator(
    pools: Iterable[Pool], claims_of: Callable[[Request], Claims]
) -> Callable[[Request], Caller]:
    by_issuer = {pool.issuer: pool for pool in pools}

    def authenticate(request: Request) -> Caller:
        claims = claims_of(request)
        pool = by_issuer.get(str(claims.get("iss")))
        if pool is None:
            raise ForbiddenError("The token's issuer is neither service's user pool")
        return caller_from(claims, pool)

    return authenticate


def caller_from(claims: Claims, pool: Pool) -> Caller:
    """Who the claims of a genuine token of `pool` speak of. Raises ForbiddenError, saying what is wrong."""
    if claims.get("token_use") != "id":
        raise ForbiddenError(
            "This is not an ID token: send the ID token, access tokens carry no e-mail"
        )
    client = claims.get("aud")
    if not isinstance(client, str) or client not in pool.client_ids:
        raise ForbiddenError(f"The token is for an app client that {pool.service} does not list")
    email = claims.get("email")
    if not isinstance(email, str) or not email.strip():
        raise ForbiddenError("The token carries no e-mail address")
    if claims.get("email_verified") not in (True, "true"):
        raise ForbiddenError("The token's e-mail address is not verified")
    return Caller(pool.service, email.strip(), groups_from(claims.get("cognito:groups")))


def groups_from(claim: Any) -> frozenset[str]:
    """A list, `a,b` and `[a b]` are all seen for the same groups."""
    if isinstance(claim, str):
        claim = re.split(r"[\s,]+", claim.strip().removeprefix("[").removesuffix("]"))
    if not isinstance(claim, list):
        return frozenset()
    return frozenset(group for group in claim if isinstance(group, str) and group)
