"""The gateway's Cognito authorizers: one for each pool, one for both, none on the local stage."""

from chalice.app import Authorizer, CognitoUserPoolAuthorizer

from chalicelib.services.access import RULES
from chalicelib.settings import Settings


class CognitoAuthorizers:
    """See declaration.Entrance. `chalice local` does not enforce them, and drops connections."""

    def __init__(self, settings: Settings) -> None:
        self._local = settings.is_local
        self._arns = {pool.service: pool.arn for pool in settings.pools}
        self._made: dict[str, Authorizer] = {}

    def __call__(self, action: str | None) -> Authorizer | None:
        if self._local or action is None:
            return None
        services = sorted(RULES[action].groups)
        name = "-or-".join(services)
        if name not in self._made:
            arns = [self._arns[service] for service in services]
            self._made[name] = CognitoUserPoolAuthorizer(name, provider_arns=arns)
        return self._made[name]
