"""Who may call: the schemes, and what each operation says of them."""

from typing import Any

from chalicelib.models.caller import SERVICES
from chalicelib.routes.contract import SIGNATURE
from chalicelib.services.access import RULES

BEARER = "bearer"
SCOPES = {
    "openid": "An ID token",
    "email": "Your e-mail address in it, which contacts and authors are known by",
    "profile": "Your name in it",
}
# Where a pool's sign-in pages are is a setting; the service fills it in when it is asked.
SIGN_IN = "https://{pool}.auth.example.org"


def schemes() -> dict[str, Any]:
    flows = {
        service: {
            "type": "oauth2",
            "description": f"Sign in at the user pool of {service} (authorization code with PKCE)",
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
        "description": "An ID token of one of the two pools; an access token carries no e-mail address",
    }
    signature = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "AWS Signature Version 4 of an IAM role that a service lists, on the server"
        " whose URL ends in `/iam`",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
    return {**flows, BEARER: bearer, SIGNATURE: signature}


def requirements(action: str | None) -> list[dict[str, list[str]]]:
    """Any one of them will do; the empty one where there is no action."""
    if action is None:
        return [{}, {SIGNATURE: []}]
    flows = [{service: list(SCOPES)} for service in sorted(RULES[action].groups)]
    return [*flows, {BEARER: []}, {SIGNATURE: []}]


def who(action: str | None) -> str:
    """Who may, in words."""
    if action is None:
        return "No token is needed."
    rule = RULES[action]
    said = [
        f"users of {service}" + (f" in the group {_either(groups)}" if groups else "")
        for service, groups in sorted(rule.groups.items())
    ]
    text = f"For {' and '.join(said)}"
    if rule.contact_or:
        text += f": the project's contacts, and the group {_either(rule.contact_or)}"
    if rule.members:
        members = ", ".join(f"`{member}`" for member in sorted(rule.members))
        text += f": {members}, and all members in the group {_either(rule.all_members_for)}"
    alone = "may too" if rule.role else "names a user"
    return f"{text}. A service's role {alone}. The rule is `{action}`."


def _either(groups: frozenset[str]) -> str:
    return " or ".join(f"`{group}`" for group in sorted(groups))
