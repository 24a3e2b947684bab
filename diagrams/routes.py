"""The second diagram: the gateway's routes, and the authorizer in front of each."""

from collections.abc import Iterator

from diagrams.dot import arrow, box, graph
from diagrams.stack import Route, Stack

TITLE = "The gateway's routes and authorizers"
NOBODY = "no authorizer"


def description(stack: Stack) -> str:
    """What the picture shows, for those who do not see it; the table of routes has each of them."""
    counts = [
        f"{len(_behind(stack, name))} by {name or NOBODY}" for name in (None, *stack.authorizers)
    ]
    return (
        f"The {len(stack.routes)} routes of the REST API, in groups by the authorizer that stands in"
        f" front of them: {', '.join(counts)}. Each authorizer asks one user pool or both."
    )


def draw(stack: Stack) -> str:
    return graph("gateway", _parts(stack), direction="LR", ranksep="0.55", nodesep="0.2")


def group(authorizer: str | None) -> str:
    """The name of the box with the routes behind `authorizer`."""
    return f"routes of {authorizer or NOBODY}"


def _behind(stack: Stack, authorizer: str | None) -> list[Route]:
    return [route for route in stack.routes if route.authorizer == authorizer]


def _parts(stack: Stack) -> Iterator[str]:
    public = [_said(route) for route in _behind(stack, None)]
    yield box(group(None), "gateway", "No token", *public, "OPTIONS of every path")
    for name, services in stack.authorizers.items():
        title = "ID token of " + " or ".join(services)
        yield box(group(name), "gateway", title, *(_said(route) for route in _behind(stack, name)))
        yield box(name, "guard", "authorizer", *name.replace("-or-", " -or-").split())
        yield arrow(group(name), name)
        for service in services:
            yield arrow(name, f"pool of {service}")
    for service in dict.fromkeys(one for some in stack.authorizers.values() for one in some):
        yield box(f"pool of {service}", "identity", "user pool", service)


def _said(route: Route) -> str:
    return f"{route.method} {route.path}"
