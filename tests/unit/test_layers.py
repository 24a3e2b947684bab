"""Imports have one direction, and only certain places may import a library."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from tests.support.api import ROOT

# The parts of the tree that each part may import. The longest path that fits decides.
MAY_IMPORT = {
    "chalicelib/errors.py": set[str](),
    "chalicelib/deadline.py": set(),
    "chalicelib/origins.py": set(),
    "chalicelib/partitions.py": set(),
    "chalicelib/models": {"chalicelib.models", "chalicelib.errors", "chalicelib.partitions"},
    "chalicelib/settings.py": {"chalicelib.models", "chalicelib.origins"},
    "chalicelib/stores/port.py": {"chalicelib.models", "chalicelib.errors"},
    "chalicelib/stores/sqlite": {"chalicelib.stores", "chalicelib.models", "chalicelib.errors"},
    "chalicelib/stores/dynamodb": {
        "chalicelib.stores",
        "chalicelib.models",
        "chalicelib.errors",
        "chalicelib.deadline",
        "chalicelib.partitions",
    },
    "chalicelib/firewall": {
        "chalicelib.firewall",
        "chalicelib.services.clock",
        "chalicelib.stores.dynamodb",
        "chalicelib.errors",
    },
    "chalicelib/services": {
        "chalicelib.services",
        "chalicelib.stores.port",
        "chalicelib.models",
        "chalicelib.errors",
    },
    "chalicelib/routes": {
        "chalicelib.__version__",
        "chalicelib.routes",
        "chalicelib.services",
        "chalicelib.stores.port",
        "chalicelib.models",
        "chalicelib.errors",
        "chalicelib.deadline",
        "chalicelib.origins",
        "chalicelib.settings",
    },
    "chalicelib/bootstrap.py": {"chalicelib"},
    "app.py": {
        "chalicelib.bootstrap",
        "chalicelib.errors",
        "chalicelib.settings",
        "tools.credentials",
        "tools.local",
        "tools.token",
    },
    "container": {"chalicelib", "container"},
    # An operator's commands, which are not in the image.
    "container/command.py": {"chalicelib", "container", "ops"},
    "container/parameters.py": {"chalicelib", "container", "ops"},
    "container/stack.py": {"chalicelib", "container", "ops"},
    "container/standing.py": {"chalicelib", "container", "ops"},
    "ops": {"chalicelib", "ops"},
    "ops/deploy.py": {"chalicelib", "ops", "waf"},
    "ops/phases.py": {"chalicelib", "ops", "waf"},
    "ops/status": {"chalicelib", "ops", "waf"},
    "waf": {"chalicelib", "ops", "waf"},
    "tools": {"chalicelib", "container", "ops", "waf", "tools"},
    "bench": {"chalicelib", "ops", "waf", "tools", "bench", "tests.support"},
    "tests": {"app", "chalicelib", "container", "ops", "waf", "tools", "bench", "tests"},
}
OURS = ("app", "chalicelib", "container", "ops", "waf", "tools", "bench", "tests")
# By library, the only places in the shipped code that may import it.
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
SOURCES = [
    ROOT / "app.py",
    *sorted(
        path for top in OURS[1:] for path in (ROOT / top).rglob("*.py") if "peers" not in path.parts
    ),
]
SHIPPED = [path for path in SOURCES if path.is_relative_to(ROOT / "chalicelib")]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """The modules that it imports at run time, without those under TYPE_CHECKING."""
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        todo += ast.iter_child_nodes(node)


IMPORTS = [(path, name) for path in SOURCES for name in imports(path)]


def is_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def is_allowed(path: Path, name: str) -> bool:
    home = max((one for one in MAY_IMPORT if place(path).startswith(one)), key=len, default="")
    is_ours = name.partition(".")[0] in OURS
    return not is_ours or any(is_below(name, one) for one in MAY_IMPORT.get(home, ()))


def test_imports_point_one_way() -> None:
    wrong = [
        f"{place(path)} imports {name}" for path, name in IMPORTS if not is_allowed(path, name)
    ]
    assert wrong == []


def test_no_import_goes_round() -> None:
    def name_of(path: Path) -> str:
        return place(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    known = {name_of(path) for path in SOURCES}

    def module_of(name: str) -> str | None:
        """The module with this name, or the module that defines it."""
        return next((one for one in (name, name.rpartition(".")[0]) if one in known), None)

    graph = {name_of(path): {module_of(name) for name in imports(path)} for path in SOURCES}
    order = TopologicalSorter({name: found - {None, name} for name, found in graph.items()})
    order.prepare()  # raises CycleError, which names the modules


def test_no_private_name_is_imported() -> None:
    ours = [(path, name) for path, name in IMPORTS if name.partition(".")[0] in OURS]
    private = [name for _, name in ours if any(re.match("_[^_]", part) for part in name.split("."))]
    assert private == []


def test_libraries_stay_at_home() -> None:
    wrong = [
        f"{place(path)} imports {name}"
        for path, name in IMPORTS
        if path in (ROOT / "app.py", *SHIPPED)
        and not place(path).startswith(AT_HOME.get(name.partition(".")[0], ("",)))
    ]
    assert wrong == []


def test_only_bootstrap_names_a_concrete_store() -> None:
    """The firewall may too: its allow-list is only in the stage's table."""
    may = ("chalicelib/stores/", "chalicelib/bootstrap.py", "chalicelib/firewall/")
    for path in SHIPPED:
        if not place(path).startswith(may):
            stores = [name for name in imports(path) if name.startswith("chalicelib.stores.")]
            assert all(name.startswith("chalicelib.stores.port") for name in stores)


def test_only_app_reads_the_environment() -> None:
    for path in SHIPPED:
        assert "os.environ" not in path.read_text(), place(path)


def test_no_folder_is_put_on_a_path() -> None:
    """Every import uses the name of its package."""
    for path in SOURCES:
        if not place(path).startswith("tests/"):
            assert "sys.path" not in path.read_text(), place(path)
            assert "spec_from_file_location" not in path.read_text(), place(path)


def test_no_module_that_ships_is_longer_than_it_should_be() -> None:
    long = {place(path): len(path.read_text().splitlines()) for path in SHIPPED}
    assert {name: lines for name, lines in long.items() if lines > 250} == {}
