"""From a request that an IAM role has signed to a Caller: a service, or the user that it names."""

from collections.abc import Callable, Iterable

from chalice.app import IAMAuthorizer, Request

from chalicelib.errors import ForbiddenError, MalformedError, UnsignedError
from chalicelib.models.caller import Caller, is_email
from chalicelib.models.identity import Role
from chalicelib.routes.caller import ON_BEHALF_OF, groups_from

NOT_SIGNED = "Sign the request with an IAM role (AWS Signature Version 4)"
LIKE = 'On-Behalf-Of must be like rita@example.org; groups="reviewer,admin"'


def iam_authorizer(_: str | None) -> IAMAuthorizer:
    """See declaration.Entrance: API Gateway verifies signatures, on public routes too."""
    return IAMAuthorizer()


def no_authorizer(_: str | None) -> None:
    """For the local stage, because `chalice local` verifies no signature."""


def gateway_user_arn(request: Request) -> str:
    """The signer's ARN from API Gateway. Raises UnsignedError where there is none."""
    identity = request.context.get("identity")
    arn = identity.get("userArn") if isinstance(identity, dict) else None
    if not isinstance(arn, str) or not arn:
        raise UnsignedError(NOT_SIGNED)
    return arn


def no_user_arn(_: Request) -> str:
    """Without a gateway, nothing has verified a signature. Raises UnsignedError."""
    raise UnsignedError("Call this path at API Gateway, which verifies signatures")


def role_authenticator(
    roles: Iterable[Role], user_arn_of: Callable[[Request], str]
) -> Callable[[Request], Caller]:
    by_key: dict[tuple[str, ...], Role] = {role.key: role for role in roles}

    def authenticate(request: Request) -> Caller:
        """Raises UnsignedError, ForbiddenError, MalformedError."""
        role = by_key.get(_key_of_session(user_arn_of(request)))
        if role is None:
            raise ForbiddenError("No service lists this IAM role: ask an operator to list it")
        header = _on_behalf_of(request)
        if header is None:
            return Caller(role.service, None, subject=role.name)
        email, groups = user_named(header)
        return Caller(role.service, email, groups, role.name)

    return authenticate


def _on_behalf_of(request: Request) -> str | None:
    """Raises MalformedError where it was sent twice: `headers` has only the last one."""
    sent = request.to_original_event().get("multiValueHeaders") or {}
    if sum(len(values) for name, values in sent.items() if name.lower() == ON_BEHALF_OF) > 1:
        raise MalformedError("On-Behalf-Of was sent twice: name one user")
    found: str | None = request.headers.get(ON_BEHALF_OF)
    return found


def _key_of_session(arn: str) -> tuple[str, ...]:
    """Partition, account and name of the role in `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.

    Empty for any other ARN. The caller chooses the session's name, so it is ignored.
    """
    parts = arn.split(":")
    session = parts[-1].split("/")
    if len(parts) != 6 or len(session) != 3 or not session[2]:
        return ()
    if (parts[0], *parts[2:4], session[0]) != ("arn", "sts", "", "assumed-role"):
        return ()
    return parts[1], parts[4], session[1]


def user_named(header: str) -> tuple[str, frozenset[str]]:
    """The user and groups in `rita@example.org; groups="reviewer,admin"`. Raises MalformedError."""
    email, semicolon, parameter = (part.strip() for part in header.partition(";"))
    groups = parameter.removeprefix('groups="').removesuffix('"')
    expected = f'groups="{groups}"' if semicolon else ""
    if parameter != expected or '"' in groups or not is_email(email):
        raise MalformedError(LIKE)
    return email, groups_from([name.strip() for name in groups.split(",")])
