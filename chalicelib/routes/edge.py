"""The edge: declares the routes, and handles every request and every response."""

import threading
from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from time import monotonic, perf_counter

from chalice.app import Blueprint, Chalice, Request, Response

from chalicelib.deadline import request_seconds, until
from chalicelib.errors import ClosedError, NotFoundError, RegisterError, UnavailableError
from chalicelib.routes.declaration import Entrance, Handler, Route
from chalicelib.routes.problems import (
    PROBLEM_URN,
    EncodedBodyError,
    Headers,
    PayloadTooLargeError,
    own_error,
    problem_of,
)
from chalicelib.routes.requests import (
    IAM,
    Call,
    Parameter,
    body_bytes,
    parameters,
    path_of,
    request_id,
)
from chalicelib.routes.telemetry import Telemetry, error_facts
from chalicelib.services import access

LARGEST_BODY = 256 * 1024  # bytes
CONTENT_TYPES = {
    "POST": ["application/json"],
    "PUT": ["application/json"],
    "PATCH": ["application/merge-patch+json", "application/json"],
}
ALLOWED_HEADERS = (
    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id,"
    " X-Requested-With, X-Amzn-Trace-Id, traceparent, tracestate, baggage, sentry-trace"
)
EXPOSED_HEADERS = "ETag, Location, Link, Retry-After, X-Request-Id, Deprecation, Sunset"
PREFLIGHT_SECONDS = "600"
UNKNOWN = "/{unknown"  # the beginning of the local stage's routes for unknown paths
# A caller that may have bypassed the firewall gets no other detail.
SHUT = "This API is not available at the moment: send the request again later"


class Edge:
    """Declares routes on blueprints. A route's declaration has all that the route needs.

    Its action (services.access.RULES) decides the gateway's authorizer and the checks made here.
    A route without an action is public.
    """

    def __init__(
        self,
        app: Chalice,
        origins: frozenset[str],
        entrances: tuple[Entrance, ...],
        telemetry: Telemetry | None = None,
        gate: Callable[[Mapping[str, str]], bool] | None = None,
        problem_types: str = PROBLEM_URN,
    ) -> None:
        self._app = app
        self._origins = origins
        self._entrances = entrances
        self._telemetry = telemetry
        self._gate = gate
        self._types = problem_types
        # Chalice keeps the current request on the app, where threads would overwrite it.
        self._current = threading.local()
        app.register_middleware(self._finish, "http")

    def route(
        self,
        blueprint: Blueprint,
        method: str,
        path: str,
        action: str | None = None,
        query: tuple[Parameter, ...] = (),
        *,
        body: str | None = None,
        answer: str | None = None,
        also: str | None = None,
        status: int = 200,
        errors: tuple[str, ...] = (),
        deprecated: date | None = None,
    ) -> Callable[[Handler], Handler]:
        """The decorator of a handler. Each view has its Route as `view.route`.

        A public GET answers HEAD too.
        """

        def declare(handler: Handler) -> Handler:
            said = (query, body, answer, status, errors, deprecated, also)
            route = Route(handler, method, path, action, *said)
            for entrance in self._entrances:
                self._register(blueprint, route, entrance)
            return handler

        return declare

    def _register(self, blueprint: Blueprint, route: Route, entrance: Entrance) -> None:
        @wraps(route.handler)
        def view(**path_parameters: str) -> Response:
            response = self._answer(route, entrance, path_parameters)
            response.headers |= route.notice
            return response

        view.route = route  # type: ignore[attr-defined]
        blueprint.route(
            (entrance.prefix + route.path).rstrip("/") or "/",
            methods=["GET", "HEAD"] if route.answers_head else [route.method],
            content_types=CONTENT_TYPES.get(route.method, []),
            authorizer=entrance.authorizer(route.action),
        )(view)

    def answer_preflights(self) -> None:
        """Adds OPTIONS to every path that a browser calls: Chalice's own allows only one origin."""
        for path, methods in list(self._app.routes.items()):
            if path.startswith(IAM):
                continue
            allowed = ", ".join([*methods, "OPTIONS"])
            self._app.route(path, methods=["OPTIONS"], content_types=[])(self._preflight(allowed))

    def _preflight(self, allowed: str) -> Callable[..., Response]:
        def preflight(**_: str) -> Response:
            headers: Headers = {
                "Allow": allowed,
                "Access-Control-Allow-Methods": allowed,
                "Access-Control-Allow-Headers": ALLOWED_HEADERS,
                "Access-Control-Max-Age": PREFLIGHT_SECONDS,
            }
            return Response("", headers, 204)

        return preflight

    def _answer(
        self, route: Route, entrance: Entrance, path_parameters: Mapping[str, str]
    ) -> Response:
        request: Request = self._current.request
        try:
            return self._carry_out(request, route, entrance, path_parameters)
        except RegisterError as error:
            if isinstance(error, UnavailableError):
                facts_of(request).update(error_facts(error), detail=str(error))
            return problem_of(request, error, self._types)
        except Exception as error:
            return self._unforeseen(request, error)

    def _unforeseen(self, request: Request, error: Exception) -> Response:
        """The answer to an unexpected error: a 500, with the traceback in the log."""
        if self._telemetry is None:
            self._app.log.exception("Unhandled error, request %s", request_id(request))
        facts_of(request).update(error_facts(error))
        return problem_of(request, error, self._types)

    def _carry_out(
        self,
        request: Request,
        route: Route,
        entrance: Entrance,
        path_parameters: Mapping[str, str],
    ) -> Response:
        """Makes all checks, in the order in which callers get errors, and runs the handler."""
        encoding = request.headers.get("content-encoding", "").strip().lower()
        if request.method in CONTENT_TYPES and encoding not in ("", "identity"):
            raise EncodedBodyError(
                "The body has a Content-Encoding: send it uncompressed, without this header"
            )
        if len(body_bytes(request)) > LARGEST_BODY:
            raise PayloadTooLargeError(f"The body has more than {LARGEST_BODY} bytes: send less")
        caller = None
        if route.action or entrance.knows_all_callers:
            caller = entrance.authenticate(request)
            facts_of(request)["caller"] = caller.service
            if entrance.knows_all_callers or route.action in access.LOGGED_BY_SUBJECT:
                facts_of(request)["subject"] = caller.subject
            if route.action:
                access.require(caller, route.action)
        given = {} if route.takes_any_query else parameters(request, route.query)
        response = route.handler(Call(request, path_parameters, given, caller))
        if caller:
            response.headers["Cache-Control"] = "no-store"
        return response

    def _finish(
        self, request: Request | None, get_response: Callable[[Request | None], Response]
    ) -> Response:
        """Adds every response's headers, and makes problems of Chalice's own errors."""
        if request is None:
            return get_response(request)
        self._current.request = request
        begun = perf_counter()
        with until(monotonic() + request_seconds(request.lambda_context)):
            response = (
                self._refusal(request) or self._unknown_path(request) or get_response(request)
            )
        if isinstance(response.body, dict) and "Code" in response.body:
            response = own_error(request, response, self._types)
        if request.method == "HEAD":  # `chalice local` would write the body
            response.body = ""
        response.headers["X-Request-Id"] = request_id(request)
        own = response.headers.get("Vary")
        response.headers["Vary"] = f"Origin, {own}" if own else "Origin"
        origin = request.headers.get("origin")
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        if self._telemetry:
            seconds = perf_counter() - begun
            self._telemetry.tell(request, response.status_code, seconds, facts_of(request))
        return response

    def _refusal(self, request: Request) -> Response | None:
        """The answer to a request that did not come through the firewall, on any path."""
        if self._gate is None:
            return None
        try:
            if self._gate(request.headers):
                facts_of(request)["old_firewall_value"] = True
        except ClosedError as error:
            facts_of(request)["refused"] = str(error)
            return problem_of(request, error, self._types)
        except UnavailableError as error:
            facts_of(request).update(error_facts(error), detail=str(error))
            return problem_of(request, UnavailableError(SHUT, error.retry_after), self._types)
        except Exception as error:
            return self._unforeseen(request, error)
        return None

    def _unknown_path(self, request: Request) -> Response | None:
        """The answer to a path without a route, which API Gateway never sends."""
        if request.path in self._app.routes and not request.path.startswith(UNKNOWN):
            return None
        detail = "This path does not exist: GET / lists the paths"
        has_iam = any(entrance.prefix == IAM for entrance in self._entrances)
        if path_of(request).startswith(IAM) and not has_iam:
            detail = "This server verifies no signatures: call API Gateway, or omit /iam and send a token"
        return problem_of(request, NotFoundError(detail), self._types)


def facts_of(request: Request) -> dict[str, object]:
    """The facts for a request's log line. Each step of its handling adds to them."""
    facts: dict[str, object] = request.context.setdefault("landscape-api", {})
    return facts
