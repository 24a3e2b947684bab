"""Technologies that a project creates: checked first, counted, and removed if the project is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.errors import NameTakenError, QuotaExceededError
from chalicelib.models.caller import TECH_AUDIT_TOOL, Caller
from chalicelib.models.project import Project, Use
from chalicelib.services.projects import Projects
from chalicelib.services.technologies import Technologies
from chalicelib.stores.port import Receipt
from chalicelib.stores.sqlite import SqliteStore
from chalicelib.stores.sqlite.projects import SqliteProjects
from tests.support.api import Api, P, T, uses

ME = Caller(TECH_AUDIT_TOOL, "me@example.org")
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def known(api: Api) -> list[str]:
    return [item["name"] for item in api.get(f"{T}?limit=100").json["items"]]


def numbered(first: int, last: int) -> list[str]:
    return [f"Tool {n}" for n in range(first, last)]


TOO_LARGE = {"repositories": [{"type": "other", "description": "\N{SNAKE}" * 5_000}] * 4}


@pytest.mark.parametrize(
    ("technologies", "more", "status"),
    [
        (["New", "C#", "csharp"], {}, "/technologies/2"),
        (["C++", "Python", "c-plus-plus"], {}, "/technologies/2"),
        (["Unborn", " unBORN "], {}, "/technologies/1"),
        (numbered(0, 11), {}, "/technologies"),
        (["New"], TOO_LARGE, ""),
        (["New"], {"name": "TAKEN"}, 409),
    ],
)
def test_a_project_that_is_refused_creates_nothing(
    client: Api, technologies: list[str], more: dict[str, object], status: str | int
) -> None:
    client.technology("C#", aliases=["CSharp"])
    client.project("Taken")
    own = client.project("Own").location
    body = {"name": "Own", "technologies": uses(*technologies), **more}
    for method, path, name in (("POST", P, "Another"), ("PUT", own, "Own")):
        answer = client.auditor()(method, path, {**body, "name": name, **more}, if_match="*")
        assert answer.status == status if isinstance(status, int) else answer.flaws == [status]
        assert known(client) == ["C#"]


def test_two_new_names_with_one_slug_are_two_technologies(client: Api, name: str) -> None:
    made = client.project(name, "C++", "c plus plus", "Python", "Python!")
    ids = [use["technology"] for use in made.json["technologies"]]
    assert ids == ["c-plus-plus", "c-plus-plus-2", "python", "python-2"]
    again = client.auditor()("PUT", made.location, made.json, if_match=made.etag)
    assert again.json["technologies"] == made.json["technologies"]


def test_a_request_may_create_ten(client: Api) -> None:
    assert client.project("One", *numbered(0, 10)).status == 201
    assert client.project("Two", *numbered(0, 20)).status == 201
    assert len(known(client)) == 20


def test_what_goes_beyond_the_quota_is_not_made_in_part(client: Api) -> None:
    for n in range(5):
        client.project(f"Project {n}", *numbered(9 * n, 9 * n + 9))
    assert client.project("Beyond", *numbered(50, 60)).status == 429
    assert len(known(client)) == 45


def test_a_caller_may_create_fifty_in_a_day(client: Api) -> None:
    for n in range(5):
        assert client.project(f"Project {n}", *numbered(10 * n, 10 * n + 10)).status == 201
    more = {"name": "Beyond", "technologies": uses("One more")}
    refused = client.auditor("AUDITOR@example.org")("POST", P, more)
    assert (refused.status, refused.json["type"].rpartition(":")[2]) == (429, "quota-exceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= 24 * 60 * 60
    assert client.get(f"{P}/beyond").status == 404
    assert client.project("Of known ones", *numbered(0, 40)).status == 201
    assert client.auditor("other@example.org")("POST", P, more).status == 201
    deno = {"name": "Deno", "quadrant": "languages"}
    assert client.reviewer("auditor@example.org")("POST", T, deno).status == 201


class Overtaken(SqliteProjects):
    """Somebody else writes just before each project is added."""

    meanwhile: Callable[[], None]

    def add(self, project: Project, receipt: Receipt | None = None) -> None:
        self.meanwhile()
        super().add(project, receipt)


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore(Path(":memory:"))


def draft(name: str, *technologies: str) -> Project:
    return Project(name, technologies=tuple(Use(each, "languages") for each in technologies))


def refused(store: SqliteStore, *taken_with: str) -> None:
    """A project is refused after its technologies are created: somebody took its name, using `taken_with`."""
    others = Technologies(store.technologies, lambda: MIDNIGHT)
    overtaken = Overtaken(store.database)

    def meanwhile() -> None:
        Projects(store.projects, others, lambda: MIDNIGHT).create(draft("Wanted", *taken_with), ME)

    overtaken.meanwhile = meanwhile
    with pytest.raises(NameTakenError):
        Projects(overtaken, others, lambda: MIDNIGHT).create(draft("Wanted", "New", "Newer"), ME)


def test_what_was_created_for_a_project_that_is_refused_is_removed(store: SqliteStore) -> None:
    refused(store)
    assert store.technologies.resolve(["new", "newer"]) == {}


def test_but_not_if_somebody_uses_it_by_then(store: SqliteStore) -> None:
    refused(store, "newer")
    assert store.technologies.resolve(["new", "newer"]).keys() == {"newer"}


def test_the_next_day_a_caller_may_again(store: SqliteStore) -> None:
    now = MIDNIGHT - timedelta(seconds=2.5)
    technologies = Technologies(store.technologies, lambda: now)
    projects = Projects(store.projects, technologies, lambda: now)

    def write(number: int) -> Project:
        return projects.create(draft(f"P{number}", *(f"T{number}-{n}" for n in range(10))), ME)

    for number in range(5):
        write(number)
    with pytest.raises(QuotaExceededError) as error:
        write(5)
    assert error.value.retry_after == 3
    now = MIDNIGHT
    assert write(5).id == "p5"
