"""Imports point one way, and each library is named where it belongs and nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

# app → bootstrap → routes → services → stores.port → models, errors
MAY_IMPORT = {
    "chalicelib/errors.py": set[str](),
    "chalicelib/deadline.py": set(),
    "chalicelib/models": {"models", "errors"},
    "chalicelib/settings.py": {"models"},
    "chalicelib/stores/port.py": {"models", "errors"},
    "chalicelib/stores/sqlite": {"stores", "models", "errors"},
    "chalicelib/stores/dynamodb": {"stores", "models", "errors", "deadline"},
    "chalicelib/firewall": {"firewall", "services.clock", "stores.dynamodb", "errors"},
    "chalicelib/services": {"services", "stores.port", "models", "errors"},
    "chalicelib/routes": {
        "routes",
        "services",
        "stores.port",
        "models",
        "errors",
        "deadline",
        "settings",
    },
    "chalicelib/bootstrap.py": {
        "firewall",
        "routes",
        "services",
        "stores",
        "models",
        "errors",
        "settings",
    },
    "app.py": {"bootstrap", "settings"},
}
# A library, and the places that may name it; everything else must do without.
AT_HOME = {
    "chalice": ("app.py", "chalicelib/bootstrap.py", "chalicelib/routes/"),
    "boto3": ("chalicelib/stores/dynamodb", "chalicelib/firewall/"),
    "botocore": ("chalicelib/stores/dynamodb", "chalicelib/firewall/"),
    "pydantic": ("chalicelib/routes/bodies/",),
    "jwt": ("chalicelib/routes/tokens.py",),
    "cryptography": (),
    "sqlite3": ("chalicelib/stores/sqlite/",),
    "slugify": ("chalicelib/services/ids.py",),
    "typer": (),
    "rich": (),
}
SOURCES = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_imports_point_one_way(path: Path) -> None:
    home = next((at for at in MAY_IMPORT if place(path).startswith(at)), None)
    for name in imports(path):
        if name.startswith("chalicelib.") and home:
            inner = name.removeprefix("chalicelib.")
            allowed = MAY_IMPORT[home]
            assert inner == "__version__" or any(
                inner == one or inner.startswith(f"{one}.") for one in allowed
            ), f"{place(path)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_libraries_stay_at_home(path: Path) -> None:
    for name in imports(path):
        homes = AT_HOME.get(name.partition(".")[0])
        assert homes is None or place(path).startswith(homes), f"{place(path)} imports {name}"


def test_only_bootstrap_names_a_concrete_store() -> None:
    """And the firewall: its allow-list is in the stage's table, and nowhere else."""
    may = ("chalicelib/stores/", "chalicelib/bootstrap.py", "chalicelib/firewall/")
    for path in SOURCES:
        if not place(path).startswith(may):
            stores = [name for name in imports(path) if name.startswith("chalicelib.stores.")]
            assert all(name.startswith("chalicelib.stores.port") for name in stores)


def test_only_app_reads_the_environment() -> None:
    for path in SOURCES[1:]:
        assert "os.environ" not in path.read_text(), place(path)


def test_no_module_is_longer_than_it_should_be() -> None:
    long = {place(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in long.items() if lines > 250} == {}
