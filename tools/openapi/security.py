"""The security schemes, and the sentences about callers in each operation."""

from typing import Any

from chalicelib.models.caller import SERVICES
from chalicelib.routes.contract import SIGNATURE
from chalicelib.services.access import RULES

BEARER = "bearer"
SCOPES = {
    "openid": "An ID token",
    "email": "Your e-mail address in the token, which identifies contacts and authors",
    "profile": "Your name in the token",
}
# A placeholder, which `routes.contract` replaces with the address of a pool's sign-in pages.
SIGN_IN = "https://{pool}.auth.example.org"


def schemes() -> dict[str, Any]:
    flows = {
        service: {
            "type": "oauth2",
            "description": f"Sign-in with the user pool of {service} (authorization code with PKCE)",
            "x-tokenName": "id_token",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{SIGN_IN.format(pool=service)}/oauth2/authorize",
                    "tokenUrl": f"{SIGN_IN.format(pool=service)}/oauth2/token",
                    "scopes": SCOPES,
                }
            },
        }
        for service in SERVICES
    }
    bearer = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An ID token of one of the two user pools. An access token is not accepted, because it"
        " has no e-mail address",
    }
    signature = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "AWS Signature Version 4 of an IAM role that the operator has listed for a"
        " service. Use the server URL that ends in `/iam`",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
    return {**flows, BEARER: bearer, SIGNATURE: signature}


def requirements(action: str | None) -> list[dict[str, list[str]]]:
    """The choices, one of which is enough. A public operation has an empty one."""
    if action is None:
        return [{}, {SIGNATURE: []}]
    flows = [{service: list(SCOPES)} for service in sorted(RULES[action].groups)]
    return [*flows, {BEARER: []}, {SIGNATURE: []}]


def allowed_callers(action: str | None) -> str:
    """The sentences about the callers of an operation."""
    if action is None:
        return "**Callers:** everyone, without a token."
    rule = RULES[action]
    said = [
        f"users of {service}" + (f" in the group {_either(groups)}" if groups else "")
        for service, groups in sorted(rule.groups.items())
    ]
    text = f"**Callers:** {' and '.join(said)}."
    if rule.contact_or:
        text += (
            f" They must be a contact of the project, or in the group {_either(rule.contact_or)}."
        )
    if rule.members:
        *others, last = (f"`{member}`" for member in sorted(rule.members))
        text += (
            f" They can change {', '.join(others)} and {last}."
            f" The group {_either(rule.all_members_for)} can change every member."
        )
    alone = "can also call without a user" if rule.role else "must name a user in `On-Behalf-Of`"
    return f"{text} A service's IAM role {alone}. The rule is `{action}`."


def _either(groups: frozenset[str]) -> str:
    return " or ".join(f"`{group}`" for group in sorted(groups))
