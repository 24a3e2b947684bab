"""The headers of answers, as components of the contract."""

from typing import Any

HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {
        "description": "The version of the answer: send it in `If-None-Match`. The ETag of a record is"
        " also valid in `If-Match`",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9a-f-]+"$'},
        "example": '"1-9a3c0f12-5be1d7a4"',
    },
    "Location": {
        "description": "The path of the record, including the stage or base path of the request",
        "required": True,
        "schema": {"type": "string", "pattern": "^/"},
        "example": "/dev/api/v1/projects/survey-data-exchange",
    },
    "Link": {
        "description": "The path of the next page (RFC 8288). Absent on the last page",
        "schema": {"type": "string"},
        "example": '</dev/api/v1/projects?limit=1&cursor=WzEsInN1cnZleSJd>; rel="next"',
    },
    "Retry-After": {
        "description": "The seconds to wait before the next request",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "X-Request-Id": {
        "description": "The id of the request in the log. Absent in answers of the firewall",
        "schema": {"type": "string", "minLength": 1},
        "example": "0f6f2c1e-6d0a-4a53-9d1c-0d7a5f1f4c2e",
    },
    "WWW-Authenticate": {
        "description": "The fault of the token (RFC 6750), or the kind of signature that `/iam` needs."
        " On a deployed stage only answers of API Gateway have it",
        "schema": {"type": "string", "pattern": "^(Bearer|AWS4-HMAC-SHA256) "},
        "example": 'Bearer realm="landscape-api"',
    },
    "x-amzn-Remapped-WWW-Authenticate": {
        "description": "The `WWW-Authenticate` of the API's own answers, which API Gateway renames on a"
        " deployed stage",
        "schema": {"type": "string", "pattern": "^(Bearer|AWS4-HMAC-SHA256) "},
        "example": 'Bearer realm="landscape-api", error="invalid_token"',
    },
    "Cache-Control": {
        "description": "`no-store` if the API identified the caller. `no-cache` if you can keep the"
        " answer and check it with `If-None-Match`",
        "schema": {"type": "string", "enum": ["no-store", "no-cache"]},
        "example": "no-store",
    },
    "Vary": {
        "description": "The request headers that change the answer: `Origin`, and `Accept` if there are"
        " two media types",
        "schema": {"type": "string"},
        "example": "Origin",
    },
    "Access-Control-Allow-Origin": {
        "description": "The origin of the request, if it is listed. API Gateway and the firewall answer"
        " `*`",
        "schema": {"type": "string"},
        "example": "https://landscape.example.org",
    },
    "Access-Control-Expose-Headers": {
        "description": "The headers that a browser lets a front end read",
        "schema": {"type": "string"},
        "example": "ETag, Location, Link, Retry-After, X-Request-Id, Deprecation, Sunset",
    },
}
# Headers of deprecated routes only, so they are not components. The API's own answers have both.
# Answers of API Gateway and the firewall have neither.
OF_A_WITHDRAWAL: dict[str, dict[str, Any]] = {
    "Deprecation": {
        "description": "The time of the deprecation, in seconds since 1970 (RFC 9745)",
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
        "example": "@1795651200",
    },
    "Sunset": {
        "description": "The earliest time at which the route can be withdrawn (RFC 8594)",
        "schema": {"type": "string"},
        "example": "Sat, 29 May 2027 00:00:00 GMT",
    },
}
# Headers of a route's second media type only, so they are not components either.
OF_THE_OTHER_TYPE: dict[str, dict[str, Any]] = {
    "Content-Security-Policy": {
        "description": "Only in a page or drawing, which has inline styles and no scripts",
        "schema": {"type": "string"},
        "example": "default-src 'none'; style-src 'unsafe-inline'",
    },
    "X-Content-Type-Options": {
        "description": "Only in a page or drawing, so that browsers read it as no other type",
        "schema": {"type": "string", "const": "nosniff"},
        "example": "nosniff",
    },
}
ALWAYS = ("X-Request-Id", "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers")


def headers(*names: str) -> dict[str, Any]:
    """References to `names`, and to the headers that every answer has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *ALWAYS)}
