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
from tests.support import Answer, Api

P = "/api/v1/projects"
T = "/api/v1/technologies"
ME = Caller(TECH_AUDIT_TOOL, "me@example.org")
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def post(caller: Api, name: str, *technologies: str) -> Answer:
    uses = [{"technology": each, "category": "languages"} for each in technologies]
    return caller("POST", P, {"name": name, "technologies": uses})


def known(api: Api) -> list[str]:
    return [item["name"] for item in api.get(f"{T}?limit=100").json["items"]]


def numbered(first: int, last: int) -> list[str]:
    return [f"Tool {n}" for n in range(first, last)]


def test_a_new_name_beside_two_of_one_technology_is_not_made(client: Api, name: str) -> None:
    csharp = {"name": "C#", "quadrant": "languages", "aliases": ["CSharp"]}
    client.reviewer()("POST", T, csharp)
    refused = post(client.auditor(), name, "New", "C#", "csharp")
    assert refused.status == 422
    assert [flaw["pointer"] for flaw in refused.json["errors"]] == ["/technologies/2"]
    assert known(client) == ["C#"]


def test_nor_is_one_that_a_later_reference_would_name_by_its_id(client: Api, name: str) -> None:
    refused = post(client.auditor(), name, "C++", "Python", "c-plus-plus")
    assert [flaw["pointer"] for flaw in refused.json["errors"]] == ["/technologies/2"]
    assert known(client) == []


def test_two_new_names_with_one_slug_are_two_technologies(client: Api, name: str) -> None:
    made = post(client.auditor(), name, "C++", "c plus plus", "Python", "Python!")
    assert made.status == 201
    ids = [use["technology"] for use in made.json["technologies"]]
    assert ids == ["c-plus-plus", "c-plus-plus-2", "python", "python-2"]
    again = client.auditor()("PUT", f"{P}/{made.json['id']}", made.json, if_match=made.etag)
    assert again.json["technologies"] == made.json["technologies"]


def test_a_request_may_create_ten(client: Api, name: str) -> None:
    refused = post(client.auditor(), name, *numbered(0, 11))
    assert refused.status == 422
    assert [flaw["pointer"] for flaw in refused.json["errors"]] == ["/technologies"]
    assert known(client) == []
    assert post(client.auditor(), name, *numbered(0, 10)).status == 201
    assert post(client.auditor(), f"{name} 2", *numbered(0, 20)).status == 201
    assert len(known(client)) == 20


def test_a_caller_may_create_fifty_in_a_day(client: Api, name: str) -> None:
    for n in range(5):
        numbers = numbered(10 * n, 10 * n + 10)
        assert post(client.auditor(), f"{name} {n}", *numbers).status == 201
    refused = post(client.auditor("AUDITOR@example.org"), f"{name} 6", "One more")
    assert (refused.status, refused.json["type"].rpartition(":")[2]) == (429, "quota-exceeded")
    assert 1 <= int(refused.headers["retry-after"]) <= 24 * 60 * 60
    assert client.get(f"{P}/{name} 6".replace(" ", "-")).status == 404
    assert post(client.auditor(), f"{name} 7", *numbered(0, 40)).status == 201
    assert post(client.auditor("other@example.org"), f"{name} 8", "One more").status == 201
    reviewer = client.reviewer("auditor@example.org")
    assert reviewer("POST", T, {"name": "Deno", "quadrant": "languages"}).status == 201


def test_what_goes_beyond_the_quota_is_not_made_in_part(client: Api, name: str) -> None:
    for n in range(5):
        post(client.auditor(), f"{name} {n}", *numbered(9 * n, 9 * n + 9))
    assert post(client.auditor(), f"{name} 6", *numbered(50, 60)).status == 429
    assert len(known(client)) == 45


def test_a_project_that_is_too_large_makes_nothing(client: Api, name: str) -> None:
    body = {
        "name": name,
        "technologies": [{"technology": "New", "category": "languages"}],
        "repositories": [{"type": "other", "description": "\N{SNAKE}" * 5_000}] * 4,
    }
    assert client.auditor()("POST", P, body).status == 422
    made = client.auditor()("POST", P, {"name": name})
    path = f"{P}/{made.json['id']}"
    assert client.auditor()("PUT", path, body, if_match=made.etag).status == 422
    assert known(client) == []


def test_a_change_that_would_take_a_name_makes_nothing(client: Api, name: str) -> None:
    client.auditor()("POST", P, {"name": name})
    other = client.auditor()("POST", P, {"name": f"{name} 2"})
    body = {"name": name, "technologies": [{"technology": "New", "category": "languages"}]}
    path = f"{P}/{other.json['id']}"
    assert client.auditor()("PUT", path, body, if_match=other.etag).status == 409
    assert known(client) == []
    own = {**body, "name": f"{name} 2"}
    assert client.auditor()("PUT", path, own, if_match=other.etag).status == 200


class Overtaken(SqliteProjects):
    """Somebody else writes just before each project is added."""

    meanwhile: Callable[[], None]

    def add(self, project: Project, receipt: Receipt | None = None) -> None:
        self.meanwhile()
        super().add(project, receipt)


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore(Path(":memory:"))


def draft(*technologies: str) -> Project:
    return Project("Wanted", technologies=tuple(Use(each, "languages") for each in technologies))


def refused(store: SqliteStore, *taken_with: str) -> None:
    """A project is refused after its technologies are created: somebody took its name, using `taken_with`."""
    others = Technologies(store.technologies, lambda: MIDNIGHT)
    overtaken = Overtaken(store.database)

    def meanwhile() -> None:
        Projects(store.projects, others, lambda: MIDNIGHT).create(draft(*taken_with), ME)

    overtaken.meanwhile = meanwhile
    with pytest.raises(NameTakenError):
        Projects(overtaken, others, lambda: MIDNIGHT).create(draft("New", "Newer"), ME)


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
        names = [f"T{number}-{n}" for n in range(10)]
        made = Project(f"P{number}", technologies=tuple(Use(each, "languages") for each in names))
        return projects.create(made, ME)

    for number in range(5):
        write(number)
    with pytest.raises(QuotaExceededError) as error:
        write(5)
    assert error.value.retry_after == 3
    now = MIDNIGHT
    assert write(5).id == "p5"
