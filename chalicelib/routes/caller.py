"""From a request to a Caller: what the gateway's authorizers check is not enough, so this goes on.

Inside Lambda the claims are the gateway's; anywhere else the token is verified here, and what
a request says of an authorizer counts for nothing.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalice.app import Request

from chalicelib.errors import ForbiddenError, UnauthenticatedError
from chalicelib.models.caller import Caller, is_email, is_group
from chalicelib.models.identity import Pool

ON_BEHALF_OF = "on-behalf-of"  # a header of roles alone
Claims = Mapping[str, Any]
GROUPS = "cognito:groups"
NO_TOKEN = "The request has no token: send an ID token in Authorization"  # noqa: S105
OTHER_ISSUER = "The token is not from a user pool of this API: sign in at one of its pools"


def gateway_claims(request: Request) -> Claims:
    """What the Cognito authorizer of API Gateway found. Raises UnauthenticatedError where it found none."""
    authorizer = request.context.get("authorizer")
    claims = authorizer.get("claims") if isinstance(authorizer, dict) else None
    if not isinstance(claims, dict) or not claims:
        raise UnauthenticatedError(NO_TOKEN, code=None)
    groups = _gateway_groups(claims.get(GROUPS), request.headers.get("authorization", ""))
    return {**claims, GROUPS: groups}


def _gateway_groups(said: Any, authorization: str) -> Any:
    """The groups of the claim, which the gateway makes one text of: `a,b`, or `[a b]`.

    There a group `x,admin` looks like two groups. So of several names only those count that the
    token, which the gateway has checked, lists as well.
    """
    if not isinstance(said, str):
        return said
    if is_group(said):
        return [said]
    in_brackets = said.startswith("[") and said.endswith("]")
    names = said[1:-1].split(" ") if in_brackets else said.split(",")
    try:
        listed = json.loads(urlsafe_b64decode(authorization.split(".")[1] + "=="))[GROUPS]
    except (ValueError, LookupError, TypeError, RecursionError):
        listed = None  # it is no token, or lists none
    return [name for name in names if name in listed] if isinstance(listed, list) else []


def verified_claims(verify: Callable[[str], Claims]) -> Callable[[Request], Claims]:
    """The claims of the token in Authorization, after `verify` found it genuine."""

    def claims(request: Request) -> Claims:
        return verify(bearer_token(request.headers.get("authorization", "")))

    return claims


def bearer_token(header: str) -> str:
    """`Bearer x` and the raw token are both taken. Raises UnauthenticatedError where there is none."""
    token = re.sub(r"^bearer(\s+|$)", "", header.strip(), flags=re.IGNORECASE)
    if not token:
        raise UnauthenticatedError(NO_TOKEN, code=None)
    if " " in token:
        raise UnauthenticatedError("Authorization must be Bearer and a token")
    return token


def authenticator(
    pools: Iterable[Pool], claims_of: Callable[[Request], Claims]
) -> Callable[[Request], Caller]:
    by_issuer = {pool.issuer: pool for pool in pools}

    def authenticate(request: Request) -> Caller:
        claims = claims_of(request)
        if ON_BEHALF_OF in request.headers:
            raise ForbiddenError("On-Behalf-Of is only for IAM roles: do not send it with a token")
        pool = by_issuer.get(str(claims.get("iss")))
        if pool is None:
            raise ForbiddenError(OTHER_ISSUER)
        return caller_from(claims, pool)

    return authenticate


def caller_from(claims: Claims, pool: Pool) -> Caller:
    """Who the claims of a genuine token of `pool` speak of. Raises ForbiddenError, saying what is wrong."""
    if claims.get("token_use") != "id":
        raise ForbiddenError(
            "This is not an ID token: send the ID token, which has the e-mail address"
        )
    client = claims.get("aud")
    if not isinstance(client, str) or client not in pool.client_ids:
        raise ForbiddenError(
            f"The token is of an app client that is not listed for {pool.service}: use a listed one"
        )
    email = claims.get("email")
    if not isinstance(email, str) or not email:
        raise ForbiddenError("The token has no e-mail address: sign in with the scope email")
    if not is_email(email):
        raise ForbiddenError(
            "The token's e-mail address is invalid for a contact: correct it in the user pool"
        )
    verified = claims.get("email_verified")
    if verified is not True and verified != "true":
        raise ForbiddenError(
            "The token's e-mail address is not verified: verify it in the user pool"
        )
    groups = groups_from(claims.get(GROUPS))
    return Caller(pool.service, email, groups, subject_from(claims.get("sub")))


def subject_from(claim: Any) -> str:
    """The claim where it can be logged: an id, which an e-mail address never fits; else nothing."""
    is_id = isinstance(claim, str) and re.fullmatch(r"[A-Za-z0-9-]{1,128}", claim)
    return claim if is_id else ""


def groups_from(claim: Any) -> frozenset[str]:
    """The names in a list of groups; those that the gateway could not pass on plainly count for nothing."""
    if not isinstance(claim, list):
        return frozenset()
    return frozenset(group for group in claim if isinstance(group, str) and is_group(group))
