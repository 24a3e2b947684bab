"""The only differences between the contract and the API that the fuzzing accepts, with reasons.

Schemathesis loads this file (SCHEMATHESIS_HOOKS). It sends everything that the contract allows or
forbids.
"""

import json
import os
from typing import Any

import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.support.fuzzing.exact import with_exact_rules
from tests.support.signing import REGION

# Rules that JSON Schema cannot express: a 422 is correct where one of them is broken.
BEYOND_SCHEMAS = {
    "must contain a word": "what is a word is decided by Unicode's tables",
    "must contain at most 10 words": "the same",
    "must list each e-mail address only once": "JSON Schema compares whole items, case and all",
    "the same technology and category as": "names, aliases and ids of one technology are one",
    "is the technology itself": "JSON Schema does not compare a body with a path",
    "a request may add": "which technologies are known depends on what is there",
    "with you it has more than": "who makes a project becomes its contact, and no body says who calls",
    "bytes of JSON": "JSON Schema does not measure whole documents",
    "must list each id only once": "JSON Schema compares whole items",
    "must list each name only once": "JSON Schema compares whole items, case and all",
    "must have exactly one default": "JSON Schema counts no members of items",
    "is not the id of a technology": "which technologies there are depends on what is there",
    "is not an enabled directorate": "which directorates there are depends on what is there",
    "is required": "whether a patch leaves a member out depends on what is there",
    "unknown query parameter": "the query names one twice or more",
}
# Statuses that depend on stored data, not on the request alone.
OF_STATE = {
    412: "somebody else wrote first",
    428: "If-Match is asked for after the body, so that a bad body is heard of first",
    429: "a caller may add so many technologies in a day",
}
REUSED = "idempotency-key-reused"  # the key was used with another body before
# `chalice local` itself answers methods that it does not support.
UNKNOWN_TO_CHALICE_LOCAL = ("TRACE", "QUERY")
GATEWAY_UNKNOWN = 404  # API Gateway gives an unknown method and an unknown path the same status


def is_excused(response: Any, case: Any) -> bool:
    """Whether a refusal of what the schema allows is one of the exceptions."""
    if response.status_code in OF_STATE:
        return True
    if response.status_code == 400:
        return is_about_a_made_up_cursor(response, case) or is_about_if_match(response)
    if response.status_code == 422:
        if response.json()["type"].endswith(REUSED):
            return True
        return all(
            any(rule in flaw["detail"] for rule in BEYOND_SCHEMAS)
            for flaw in response.json().get("errors", [{"detail": ""}])
        )
    return False


def is_about_a_made_up_cursor(response: Any, case: Any) -> bool:
    """Our cursors are signed, so no schema can describe a valid one."""
    return "cursor" in (case.query or {}) and "cursor" in response.json()["detail"]


def is_about_if_match(response: Any) -> bool:
    """RFC 9110's grammar of entity tags allows more than our pattern."""
    return str(response.json()["detail"]).startswith("If-Match is not")


@schemathesis.hook
def before_load_schema(_: Any, raw_schema: Any) -> None:
    with_exact_rules(raw_schema)


@schemathesis.check
def what_the_schema_allows_is_accepted(ctx: Any, response: Any, case: Any) -> bool | None:
    if is_excused(response, case):
        return None
    return checks.positive_data_acceptance(ctx, response, case)


def is_chalice_locals_own(response: Any) -> bool:
    is_unknown = response.request.method in UNKNOWN_TO_CHALICE_LOCAL
    return bool(os.environ.get("FUZZ_LOCAL")) and is_unknown and response.status_code == 501


@schemathesis.check
def other_methods_are_refused(ctx: Any, response: Any, case: Any) -> bool | None:
    at_the_gateway = os.environ.get("FUZZ_GATEWAY") and response.status_code == GATEWAY_UNKNOWN
    if at_the_gateway or is_chalice_locals_own(response):
        return None
    return checks.unsupported_method(ctx, response, case)


@schemathesis.check
def nothing_breaks(ctx: Any, response: Any, case: Any) -> bool | None:
    if is_chalice_locals_own(response):
        return None
    return not_a_server_error(ctx, response, case)


TOKENS = json.loads(os.environ.get("FUZZ_TOKENS", "{}"))

if TOKENS:

    @schemathesis.auth(refresh_interval=None)  # a stored token of one pool would go to all
    class Tokens:
        """The token of a pool whose users may call the operation."""

        def get(self, case: Any, _: Any) -> str | None:
            choices = case.operation.definition.raw.get("security", [])
            pools = [name for choice in choices for name in choice if name in TOKENS]
            return TOKENS[pools[0]] if pools else None

        def set(self, case: Any, token: str | None, _: Any) -> None:
            if token:
                case.headers["Authorization"] = f"Bearer {token}"


SECRETS = json.loads(os.environ.get("FUZZ_SECRETS", "{}"))
ON_BEHALF_OF = 'fuzz@example.org; groups="Admin,admin,reviewer"'


class Signature(AuthBase):
    """Signs as the role of the path's service, on behalf of its administrator."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        service = "tech-audit-tool" if "/projects" in str(request.url) else "digital-landscape"
        request.url = str(request.url).replace("+", "%20")  # signatures encode a space so
        headers = {"On-Behalf-Of": ON_BEHALF_OF}
        signed = AWSRequest(request.method, request.url, headers=headers, data=request.body or b"")
        SigV4Auth(Credentials(service, SECRETS[service]), "execute-api", REGION).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


if SECRETS:
    schemathesis.auth.set_from_requests(Signature())  # type: ignore[attr-defined]
