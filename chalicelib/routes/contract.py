"""The contract, and the page to try it: shipped files, filled in with the values of this stage."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalice.app import Blueprint, Response

from chalicelib.errors import NotFoundError
from chalicelib.models.identity import Pool
from chalicelib.models.text import as_json
from chalicelib.routes.edge import Edge
from chalicelib.routes.requests import IAM, Call, prefix
from chalicelib.routes.responses import text_resource

CHALICELIB = Path(__file__).parent.parent
DOCUMENT = CHALICELIB / "openapi.json"
PAGE = CHALICELIB / "page"
HTML, CSS, SCRIPT = "text/html", "text/css", "text/javascript"
FILES = {
    "page.css": CSS,
    "page.js": SCRIPT,
    "swagger-ui.css": CSS,
    "swagger-ui-bundle.js": SCRIPT,
    "oauth2-redirect.html": HTML,
    "oauth2-redirect.js": SCRIPT,
}
IMMUTABLE = "public, max-age=31536000, immutable"
SIGNATURE = "iam-role"  # the security scheme of a role's signature
PLACES = 8  # prefixes (a stage, a base path) for which one process keeps the document


def contract_blueprint(
    edge: Edge,
    pools: Iterable[Pool],
    title: str,
    *,
    is_local: bool,
    has_roles: bool,
    documentation: str = "",
) -> Blueprint:
    routes = Blueprint(__name__)
    pools = tuple(pools)
    headers = page_headers(pools)

    @lru_cache(PLACES)
    def document(base: str) -> str:
        shipped = json.loads(DOCUMENT.read_text("utf-8"))
        return as_json(placed(shipped, base, pools, documentation, has_roles=has_roles))

    @edge.route(routes, "GET", "/openapi.json", answer="application/json")
    def get_contract(call: Call) -> Response:
        """Get this contract

        The URLs of the servers and of the sign-in pages are those of this stage.
        """
        base = prefix(call.request).removesuffix(IAM)
        return text_resource(call.request, document(base), "application/json")

    @edge.route(routes, "GET", "/docs", answer=HTML)
    def get_page(call: Call) -> Response:
        """Get the page for trying requests

        Swagger UI.
        """
        from html import escape  # it loads all entities, which no other request needs

        values = {
            "base": prefix(call.request),
            "clients": _clients(pools),
            "stage": "local" * is_local,
            "title": title,
        }
        text = _html("index.html")
        for name, value in values.items():
            text = text.replace(f"{{{{{name}}}}}", escape(value))
        return text_resource(call.request, text, f"{HTML}; charset=utf-8", headers)

    @edge.route(routes, "GET", "/docs/{file}", answer="text/*")
    def get_page_file(call: Call) -> Response:
        """Get a file of the page

        A style or a script.
        """
        file = {hashed: name for name, hashed in page_names().items()}.get(call.path["file"])
        if not file:
            raise NotFoundError("This file does not exist: reload /docs")
        kind, is_html = f"{FILES[file]}; charset=utf-8", FILES[file] == HTML
        text = _html(file) if is_html else (PAGE / file).read_text("utf-8")
        response = text_resource(call.request, text, kind, headers)
        if not is_html:
            response.headers["Cache-Control"] = IMMUTABLE
        return response

    return routes


@lru_cache(1)
def page_names() -> dict[str, str]:
    """The served name of each file, with a checksum in it, so that caches keep the file for ever.

    A page of HTML keeps its name, because user pools list the one to return to. The names are
    computed at the first request for the page, not at the start.
    """
    names = {}
    for name, kind in FILES.items():
        stem, _, ending = name.rpartition(".")
        checksum = sha256((PAGE / name).read_bytes()).hexdigest()[:12]
        names[name] = name if kind == HTML else f"{stem}.{checksum}.{ending}"
    return names


def _html(name: str) -> str:
    """A page, with the served names of its styles and scripts."""
    text = (PAGE / name).read_text("utf-8")
    for file, hashed in page_names().items():
        text = text.replace(f"{{{{{file}}}}}", hashed)
    return text


def servers(base: str) -> list[dict[str, str]]:
    """The contract's two servers for a caller under `base`: for tokens and for signatures."""
    return [
        {"url": base or "/", "description": "For callers with an ID token, or without one"},
        {"url": base + IAM, "description": "For callers with an IAM role"},
    ]


def placed(
    document: dict[str, Any],
    base: str,
    pools: Iterable[Pool],
    documentation: str = "",
    *,
    has_roles: bool,
) -> dict[str, Any]:
    """The document for callers under `base`, with the sign-in that this stage has.

    `documentation` is the URL of the documentation, empty where there is none. A pool without a
    hosted UI has no OAuth flow: its scheme is left out, and users paste a token.
    """
    if documentation:
        document["externalDocs"]["url"] = documentation
    else:
        del document["externalDocs"]
    document["servers"] = servers(base)[: 2 if has_roles else 1]
    schemes = document["components"]["securitySchemes"]
    if not has_roles:
        del schemes[SIGNATURE]
    for pool in pools:
        if pool.hosted_ui:
            flow = schemes[pool.service]["flows"]["authorizationCode"]
            flow["authorizationUrl"] = f"{pool.hosted_ui}/oauth2/authorize"
            flow["tokenUrl"] = f"{pool.hosted_ui}/oauth2/token"
        else:
            del schemes[pool.service]
    for operation in _operations(document):
        operation["security"] = [
            choice for choice in operation["security"] if choice.keys() <= schemes.keys()
        ]
    return document


def _operations(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for path in document["paths"].values():
        yield from (each for each in path.values() if isinstance(each, dict) and "security" in each)


def page_headers(pools: Iterable[Pool]) -> dict[str, str]:
    """The page runs only this service's files, and connects only to it and the hosted UIs."""
    sign_in = [pool.hosted_ui for pool in pools if pool.hosted_ui]
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": " ".join(["'self'", *sign_in]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }


def _clients(pools: Iterable[Pool]) -> str:
    """The app client with which each pool's sign-in starts. Users can change it on the page."""
    return json.dumps({pool.service: min(pool.client_ids) for pool in pools})
