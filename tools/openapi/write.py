"""Writes the contract and the page's shipped files, or says that they are not what the code makes."""

import json
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from chalicelib.routes.contract import DOCUMENT, PAGE

PROBLEMS = Path(__file__).parents[2] / "docs" / "problems.md"

# Of the package flask-swagger-ui, which is Swagger UI's own distribution.
SHIPPED = (
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "oauth2-redirect.js",
    "LICENSE",
)


def made() -> Iterator[tuple[Path, bytes]]:
    """Each file, and what it should hold."""
    # Chalice's test client imports blessed, which asks the terminal what it can: 10 s if none answers.
    from tools.openapi.document import document
    from tools.openapi.problem_page import page

    with TemporaryDirectory() as place:
        text = json.dumps(document(Path(place)), ensure_ascii=False, indent=0)
    yield DOCUMENT, f"{text}\n".encode()  # a line for each value, and no indent: it is in the zip
    yield PROBLEMS, page().encode()
    distribution = files("flask_swagger_ui") / "dist"
    for name in SHIPPED:
        yield PAGE / name, (distribution / name).read_bytes()


def differing(wanted: Iterable[tuple[Path, bytes]]) -> list[tuple[Path, bytes]]:
    """Those files that do not hold what they should."""
    return [
        (path, content)
        for path, content in wanted
        if not path.exists() or path.read_bytes() != content
    ]


def main(
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; fail where one differs")
    ] = False,
) -> None:
    """Make the contract, docs/problems.md and the files of /docs."""
    try:
        found = differing(made())
    except ModuleNotFoundError as error:
        sys.exit(f"openapi: {error.name} is not installed: make setup installs it")
    for path, content in found:
        print(f"openapi: {path.name} {'differs' if check else 'written'}")
        if not check:
            path.write_bytes(content)
    if check and found:
        sys.exit("openapi: make openapi writes what the code says")
