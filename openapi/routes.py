"""The routes as a deployed stage has them: what the contract has to speak of."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import create_app
from chalicelib.settings import Settings, stage_environment


@dataclass(frozen=True)
class Route:
    """`action` is its rule in services.access.RULES, None for everybody; `query` its parameters."""

    method: str
    path: str
    action: str | None
    query: tuple[str, ...]
    content_types: tuple[str, ...]


def deployed_routes(place: Path) -> Iterator[Route]:
    """All but the preflights, which every path has; `place` is a folder for an empty store."""
    environment = {
        "LANDSCAPE_STAGE": "dev",
        "LANDSCAPE_STORE_URL": f"sqlite:///{place / 'routes.db'}",
        "XDG_STATE_HOME": str(place),
    }
    app = create_app(Settings.read(stage_environment("local", environment)))
    for path, methods in app.routes.items():
        for method, entry in methods.items():
            if method != "OPTIONS":
                view: Any = entry.view_function  # Edge.route leaves action and query on it
                yield Route(method, path, view.action, view.query, tuple(entry.content_types))
