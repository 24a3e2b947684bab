"""The steps of CONTRIBUTING.md, applied to copies of the project: a new resource, a new field."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.settings import Settings
from tests.support.api import CONFIG, ROOT, Answer, LocalServer, P
from tests.support.emulator import Emulator
from tests.support.faults import emulated_tables
from tools.token import development_token

GUIDE = (ROOT / "CONTRIBUTING.md").read_text()
FOLDERS = ("chalicelib", ".chalice", "tools", "ops", "waf", "data", "docs")
TEAMS = ROOT / "tests/data/teams"
T = "/api/v1/teams"


class Edit(NamedTuple):
    """A hunk of a diff: the old and the new text in a file."""

    file: str
    old: str
    new: str


A_RESOURCE = (
    Edit(
        "chalicelib/services/access.py",
        '    "create-technology": ',
        '    "create-team": Rule({TECH_AUDIT_TOOL: EVERYONE}),\n    "create-technology": ',
    ),
    Edit(
        "chalicelib/stores/port.py",
        "class Store(Protocol):\n",
        '''class TeamStore(Protocol):
    """Teams as services.teams writes them."""

    def get(self, team_id: str) -> str | None: ...

    def add(
        self, team_id: str, name_key: str, text: str, receipt: Receipt | None, now: str
    ) -> None:
        """Raises ReceiptExistsError, IdTakenError, in this order."""

    def find(self, after: Position | None, limit: int) -> Page[str]:
        """By `name_key`, then by id."""


class Store(Protocol):
    @property
    def teams(self) -> TeamStore: ...

''',
    ),
    Edit(
        "chalicelib/stores/sqlite/schema.py",
        "    FAITHFUL_IDS,\n",
        """    FAITHFUL_IDS,
    (
        "CREATE TABLE teams (id TEXT PRIMARY KEY, name_key TEXT NOT NULL, document TEXT NOT NULL)",
        "CREATE INDEX teams_by_name ON teams (name_key, id)",
    ),
""",
    ),
    Edit(
        "chalicelib/stores/sqlite/__init__.py",
        """from chalicelib.stores.sqlite.technologies import SqliteTechnologies


class SqliteStore:
    def __init__(self, path: Path) -> None:
        self.database = Database(path)
""",
        """from chalicelib.stores.sqlite.teams import SqliteTeams
from chalicelib.stores.sqlite.technologies import SqliteTechnologies


class SqliteStore:
    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.teams = SqliteTeams(self.database)
""",
    ),
    Edit(
        "chalicelib/stores/dynamodb/__init__.py",
        "from chalicelib.stores.dynamodb.technologies import",
        "from chalicelib.stores.dynamodb.teams import DynamoTeams\n"
        "from chalicelib.stores.dynamodb.technologies import",
    ),
    Edit(
        "chalicelib/stores/dynamodb/__init__.py",
        "        self.receipts = ",
        "        self.teams = DynamoTeams(self._client)\n        self.receipts = ",
    ),
    Edit(
        "chalicelib/bootstrap.py",
        """from chalicelib.routes.technologies import technologies_blueprint, users_blueprint
from chalicelib.routes.telemetry import Telemetry, log
from chalicelib.services.clock import timestamp, utc_now
from chalicelib.services.cursors import Cursors
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.services.projects import Projects
""",
        """from chalicelib.routes.teams import teams_blueprint
from chalicelib.routes.technologies import technologies_blueprint, users_blueprint
from chalicelib.routes.telemetry import Telemetry, log
from chalicelib.services.clock import timestamp, utc_now
from chalicelib.services.cursors import Cursors
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.services.projects import Projects
from chalicelib.services.teams import Teams
""",
    ),
    Edit(
        "chalicelib/bootstrap.py",
        "        radar_blueprint(",
        "        teams_blueprint(edge, Teams(store.teams, utc_now), listing, idempotency),\n"
        "        radar_blueprint(",
    ),
)
A_FIELD = (
    Edit(
        "chalicelib/models/project.py",
        "    stage: str | None = None\n    development: Development | None",
        '    priority: str = ""\n    stage: str | None = None\n    development: Development | None',
    ),
    Edit(
        "chalicelib/routes/bodies/project.py",
        "    stage: Stage",
        '    priority: Line = ""\n    stage: Stage',
    ),
    Edit(
        "chalicelib/routes/bodies/project.py",
        "            stage=self.stage,\n",
        "            priority=self.priority,\n            stage=self.stage,\n",
    ),
    Edit(
        "tools/openapi/resources/projects.py",
        "    stage: Stage",
        '    priority: str = Field(description="How urgent the project is")\n    stage: Stage',
    ),
)
# In the same copy, to save time. The project itself has no deprecated route.
A_DEPRECATION = (
    Edit(
        "chalicelib/routes/directorates.py",
        "from chalice.app import",
        "from datetime import date\nfrom chalice.app import",
    ),
    Edit(
        "chalicelib/routes/directorates.py",
        '"GET", PATH, answer="DirectorateList"',
        '"GET", PATH, answer="DirectorateList", deprecated=date(2026, 11, 26)',
    ),
)
Send = Callable[..., Answer]
Serve = Callable[[Path], AbstractContextManager[Send]]


def changed_copy(place: Path, edits: Iterable[Edit], new: Path | None = None) -> Path:
    """The project with these edits and new files, and the contract that the command wrote."""
    copy = place / "project"
    left_out = shutil.ignore_patterns("__pycache__", "node_modules", "vendor", "deployed")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=left_out)
    shutil.copy(ROOT / "app.py", copy)
    if new:
        shutil.copytree(new, copy, dirs_exist_ok=True, ignore=left_out)
    for edit in edits:
        path = copy / edit.file
        text = path.read_text()
        assert text.count(edit.old) == 1, f"{edit.file}: {edit.old}"
        path.write_text(text.replace(edit.old, edit.new))
    command = [sys.executable, "-m", "tools.landscape", "openapi"]
    made = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert "openapi.json written" in made.stdout, made.stderr
    return copy


def contract_of(copy: Path) -> Any:
    return json.loads((copy / "chalicelib/openapi.json").read_text())


def hunks(copy: Path, edits: Iterable[Edit]) -> int:
    """The number of hunks in a diff of the edited files."""
    found = 0
    for file in {edit.file for edit in edits}:
        before, after = ((place / file).read_text().splitlines() for place in (ROOT, copy))
        found += sum(line.startswith("@@") for line in unified_diff(before, after))
    return found


@pytest.fixture(scope="module")
def with_teams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed_copy(tmp_path_factory.mktemp("teams"), A_RESOURCE, TEAMS)


@pytest.fixture(scope="module")
def with_priority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed_copy(tmp_path_factory.mktemp("priority"), (*A_FIELD, *A_DEPRECATION))


@pytest.fixture(params=["sqlite", "dynamodb"])
def serve(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path, emulator: Emulator
) -> Iterator[Serve]:
    """`chalice local` of a copy on an empty store, called as a user of the Tech Audit Tool."""
    token = development_token(settings, "tech-audit-tool", "me@example.org", [])
    own = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "If-Match": "*",
    }

    @contextmanager
    def served(copy: Path) -> Iterator[Send]:
        store = f"dynamodb://{tables.new()}" if request.param == "dynamodb" else "sqlite:"
        config = CONFIG.read_text().replace('"sqlite:"', json.dumps(store))
        (copy / ".chalice/config.json").write_text(config)
        with LocalServer(tmp_path, copy, "--no-autoreload") as server:

            def send(
                method: str, path: str, body: Any = None, headers: Mapping[str, str] = own
            ) -> Answer:
                said = b"" if body is None else json.dumps(body).encode()
                return server.send(method, path, headers, said)

            yield send
        assert settings.state_directory.joinpath("landscape.db").exists() == (store == "sqlite:")

    with emulated_tables(emulator) as tables:
        yield served


def test_a_new_resource_takes_its_own_files_and_at_most_eight_edits(with_teams: Path) -> None:
    assert hunks(with_teams, A_RESOURCE) == len(A_RESOURCE) <= 8


def test_the_contract_has_the_new_resource(with_teams: Path) -> None:
    contract = contract_of(with_teams)
    paths = contract["paths"]
    assert paths[T]["post"]["summary"] == "Create a team"
    assert paths[T]["get"]["summary"] == "List teams"
    assert paths[T + "/{team_id}"]["get"]["summary"] == "Get a team"
    assert {"NewTeam", "Team", "TeamList"} <= contract["components"]["schemas"].keys()
    assert "teams" in [tag["name"] for tag in contract["tags"]]


def test_a_new_resource_is_made_read_and_listed(with_teams: Path, serve: Serve) -> None:
    sent = {"name": "Data Collection", "description": "Surveys"}
    with serve(with_teams) as send:
        made = send("POST", T, sent)
        assert (made.status, made.location) == (201, f"{T}/data-collection")
        assert made.json.items() >= {**sent, "version": 1}.items()
        assert send("GET", made.location).json == made.json
        assert send("POST", T, sent).json["id"] == "data-collection-2"

        first = send("GET", f"{T}?limit=1").json
        rest = send("GET", f"{T}?limit=1&cursor={first['next_cursor']}").json
        assert first["items"] == [made.json]
        assert [team["id"] for team in rest["items"]] == ["data-collection-2"]

        assert send("POST", T, sent, {"Content-Type": "application/json"}).status == 401
        assert send("GET", f"{T}/nobody").status == 404
        assert send("POST", T, {}).flaws == ["/name"]


def test_the_contract_has_the_new_field(with_priority: Path) -> None:
    schemas = contract_of(with_priority)["components"]["schemas"]
    for name in ("NewProject", "ProjectChange", "ProjectPatch", "Project"):
        said = schemas[name]["properties"]["priority"]["description"]
        assert said.startswith("How urgent the project is")


def test_the_contract_marks_a_deprecated_route_and_no_other(with_priority: Path) -> None:
    """All its answers have the two headers, problems too. The shared problems have none."""
    contract = contract_of(with_priority)
    every = [o for item in contract["paths"].values() for o in item.values()]
    (old,) = (operation for operation in every if operation.get("deprecated"))
    assert old["operationId"] == "getDirectorates"
    headers = {"Deprecation", "Sunset"}
    assert all(headers <= answer["headers"].keys() for answer in old["responses"].values())
    others = [a for o in every if o is not old for a in o["responses"].values()]
    shared = contract["components"]["responses"].values()
    assert not any(headers & answer.get("headers", {}).keys() for answer in (*others, *shared))
    OpenAPIV31SpecValidator(contract).validate()


def test_a_new_field_is_written_read_changed_and_listed(with_priority: Path, serve: Serve) -> None:
    with serve(with_priority) as send:
        made = send("POST", P, {"name": "SDX", "priority": "high"})
        assert made.json["priority"] == "high"
        assert send("GET", made.location).json["priority"] == "high"
        assert send("PATCH", made.location, {"priority": "low"}).json["priority"] == "low"
        assert [each["priority"] for each in send("GET", P).json["items"]] == ["low"]


@pytest.mark.parametrize(
    ("title", "edits", "new"),
    [("Add a resource", A_RESOURCE, TEAMS), ("Add a field to a project", A_FIELD, None)],
)
def test_the_guide_lists_each_edit_and_each_file(
    title: str, edits: tuple[Edit, ...], new: Path | None
) -> None:
    section = GUIDE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert len(re.findall(r"^\d\. ", section, re.MULTILINE)) == len(edits)
    names = {edit.file for edit in edits}
    names |= {path.relative_to(new).as_posix() for path in new.rglob("*.py")} if new else set()
    assert {name for name in names if f"`{name}`" not in section} == set()
