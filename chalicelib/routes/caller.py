"""From a request to a Caller: the checks that the gateway's authorizers leave out.

Inside Lambda the claims come from the gateway. Elsewhere the application verifies the token, and
ignores any authorizer that a request names.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping

from chalice.app import Request

from chalicelib.errors import ForbiddenError, UnauthenticatedError
from chalicelib.models.caller import Caller, is_email, is_group
from chalicelib.models.identity import Pool

ON_BEHALF_OF = "on-behalf-of"  # a header for roles only
Claims = Mapping[str, object]
GROUPS = "cognito:groups"
NO_TOKEN = "The request has no token: send an ID token in Authorization"  # noqa: S105
OTHER_ISSUER = "The token is not from a user pool of this API: sign in at one of its pools"


def gateway_claims(request: Request) -> Claims:
    """The claims from API Gateway's Cognito authorizer. Raises UnauthenticatedError without any."""
    authorizer = request.context.get("authorizer")
    claims = authorizer.get("claims") if isinstance(authorizer, dict) else None
    if not isinstance(claims, dict) or not claims:
        raise UnauthenticatedError(NO_TOKEN, code=None)
    groups = _gateway_groups(claims.get(GROUPS), request.headers.get("authorization", ""))
    return {**claims, GROUPS: groups}


def _gateway_groups(said: object, authorization: str) -> object:
    """The groups of the claim, which the gateway writes as one text: `a,b`, or `[a b]`.

    In it a group `x,admin` looks like two groups. So of several names only those count that the
    token lists too. The gateway has verified the token.
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
        listed = None  # not a token, or one without groups
    return [name for name in names if name in listed] if isinstance(listed, list) else []


def verified_claims(verify: Callable[[str], Claims]) -> Callable[[Request], Claims]:
    """The function that gives the claims of a request's token, after `verify` has checked it."""

    def claims(request: Request) -> Claims:
        return verify(bearer_token(request.headers.get("authorization", "")))

    return claims


def bearer_token(header: str) -> str:
    """The token after `Bearer`, or the raw token. Raises UnauthenticatedError without any."""
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
    """The caller that the verified claims of a token of `pool` name. Raises ForbiddenError."""
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


def subject_from(claim: object) -> str:
    """The claim if it can be logged: an id, never an e-mail address. Empty for any other."""
    if isinstance(claim, str) and re.fullmatch(r"[A-Za-z0-9-]{1,128}", claim):
        return claim
    return ""


def groups_from(claim: object) -> frozenset[str]:
    """The names in a list of groups, without those that the gateway cannot pass on unchanged."""
    if not isinstance(claim, list):
        return frozenset()
    return frozenset(group for group in claim if isinstance(group, str) and is_group(group))
