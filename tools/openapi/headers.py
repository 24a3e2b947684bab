"""The headers of answers, as components."""

from typing import Any

HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {
        "description": "Of what you see; for `If-None-Match`, and of a record for `If-Match`",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9a-f-]+"$'},
        "example": '"1-9a3c0f12-5be1d7a4"',
    },
    "Location": {
        "description": "The path of the record, behind the stage or base path that you came by",
        "required": True,
        "schema": {"type": "string", "pattern": "^/"},
        "example": "/dev/api/v1/projects/survey-data-exchange",
    },
    "Link": {
        "description": "The next page, where there is one (RFC 8288)",
        "schema": {"type": "string"},
        "example": '</dev/api/v1/projects?limit=1&cursor=WzEsInN1cnZleSJd>; rel="next"',
    },
    "Retry-After": {
        "description": "Seconds",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
    "X-Request-Id": {
        "description": "For whoever looks it up in the log; the firewall's own answers have none",
        "schema": {"type": "string", "minLength": 1},
        "example": "0f6f2c1e-6d0a-4a53-9d1c-0d7a5f1f4c2e",
    },
    "WWW-Authenticate": {
        "description": "What is wrong with the token (RFC 6750); under `/iam`, that a signature is needed."
        " On a deployed stage of the gateway's own answers alone",
        "schema": {"type": "string", "pattern": "^(Bearer|AWS4-HMAC-SHA256) "},
        "example": 'Bearer realm="landscape-api"',
    },
    "x-amzn-Remapped-WWW-Authenticate": {
        "description": "What API Gateway makes of the `WWW-Authenticate` of the service itself, on a"
        " deployed stage",
        "schema": {"type": "string", "pattern": "^(Bearer|AWS4-HMAC-SHA256) "},
        "example": 'Bearer realm="landscape-api", error="invalid_token"',
    },
    "Cache-Control": {
        "description": "`no-store` where a caller was needed, `no-cache` on what can be asked again",
        "schema": {"type": "string", "enum": ["no-store", "no-cache"]},
        "example": "no-store",
    },
    "Vary": {
        "description": "The headers of the request on which the answer depends: `Origin`, and `Accept`"
        " where there are two media types",
        "schema": {"type": "string"},
        "example": "Origin",
    },
    "Access-Control-Allow-Origin": {
        "description": "The front end's origin where it is listed; of the gateway and the firewall `*`",
        "schema": {"type": "string"},
        "example": "https://landscape.example.org",
    },
    "Access-Control-Expose-Headers": {
        "description": "What a browser lets the front end read",
        "schema": {"type": "string"},
        "example": "ETag, Location, Link, Retry-After, X-Request-Id, Deprecation, Sunset",
    },
}
# Of a route that will be withdrawn, and of no other: they are no components. The API's own answers
# have both; those of the gateway and the firewall have neither.
OF_A_WITHDRAWAL: dict[str, dict[str, Any]] = {
    "Deprecation": {
        "description": "Since when the route is deprecated, in seconds since 1970 (RFC 9745)",
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
        "example": "@1795651200",
    },
    "Sunset": {
        "description": "The earliest time at which the route may be withdrawn (RFC 8594)",
        "schema": {"type": "string"},
        "example": "Sat, 29 May 2027 00:00:00 GMT",
    },
}
# Of a drawing, where Accept asked for it: they are no components either.
OF_A_DRAWING: dict[str, dict[str, Any]] = {
    "Content-Security-Policy": {
        "description": "A drawing has styles of its own, and runs nothing",
        "schema": {"type": "string"},
        "example": "default-src 'none'; style-src 'unsafe-inline'",
    },
    "X-Content-Type-Options": {
        "description": "A drawing is read as no other type",
        "schema": {"type": "string", "const": "nosniff"},
        "example": "nosniff",
    },
}
ALWAYS = ("X-Request-Id", "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers")


def headers(*names: str) -> dict[str, Any]:
    """References to those of `names`, and to what every answer has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, *ALWAYS)}
