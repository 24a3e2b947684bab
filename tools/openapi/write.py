"""Writes the contract, docs/problems.md and the files of /docs, or checks that they are current."""

import json
import sys
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from chalicelib.routes.contract import DOCUMENT, PAGE

DOCS = Path(__file__).parents[2] / "docs"
PROBLEMS = DOCS / "problems.md"

# From the package flask-swagger-ui, which has Swagger UI's own distribution.
SHIPPED = (
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "oauth2-redirect.js",
    "LICENSE",
)


def made() -> Iterator[tuple[Path, bytes]]:
    """Each file, and its expected content."""
    # Chalice's test client imports blessed, which queries the terminal: 10 s if it does not reply.
    from tools.documentation import with_tables
    from tools.openapi.document import document
    from tools.openapi.problem_page import page
    from tools.openapi.radar_drawings import drawings

    with TemporaryDirectory() as place:
        text = json.dumps(document(Path(place)), ensure_ascii=False, indent=0)
        drawn = [*drawings(Path(place))]
        tabled = [*with_tables(Path(place))]
    yield DOCUMENT, f"{text}\n".encode()  # without indent, because the file is in the zip
    yield PROBLEMS, page().encode()
    for path, markdown in tabled:
        yield path, markdown.encode()
    for name, svg in drawn:
        yield DOCS / "drawings" / name, svg.encode()
    distribution = files("flask_swagger_ui") / "dist"
    for name in SHIPPED:
        yield PAGE / name, (distribution / name).read_bytes()


def differing(wanted: Iterable[tuple[Path, bytes]]) -> list[tuple[Path, bytes]]:
    """The files whose content is not the expected one."""
    return [
        (path, content)
        for path, content in wanted
        if not path.exists() or path.read_bytes() != content
    ]


def main(
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; fail if a file differs")
    ] = False,
) -> None:
    """Write the contract, tables and drawings of the documentation, and the files of /docs."""
    try:
        found = differing(made())
    except ModuleNotFoundError as error:
        sys.exit(f"openapi: {error.name} is not installed: run make setup")
    for path, content in found:
        print(f"openapi: {path.name} {'differs' if check else 'written'}")
        if not check:
            path.write_bytes(content)
    if check and found:
        sys.exit("openapi: these files are not what the code makes: run make openapi")
