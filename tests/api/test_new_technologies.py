"""Technologies that a project creates: checked first, counted, and removed after a refusal."""

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
from tests.support.api import Answer, Api, P, T, uses

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
        (["Unborn", "Un\u200bborn\ufe0f"], {}, "/technologies/1"),
        (["F*", "F", "f"], {}, "/technologies/2"),
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


def used(answer: Answer) -> list[tuple[str, str]]:
    return [(use["technology"], use["name"]) for use in answer.json["technologies"]]


def test_an_id_that_was_made_by_dropping_signs_answers_only_to_itself(
    client: Api, name: str
) -> None:
    star, plain = ("f", "F*"), ("f-2", "F")
    client.technology("F*")
    first = client.project(f"{name} 1", "f")
    assert used(first) == [star]
    assert used(client.project(f"{name} 2", "F", "f*")) == [plain, star]
    assert used(client.project(f"{name} 3", "f", "F")) == [star, plain]
    found = client.get(f"{P}?technology=F").json["items"]
    assert [each["name"] for each in found] == [f"{name} 2", f"{name} 3"]
    again = client.auditor()("PUT", first.location, first.json, if_match=first.etag)
    assert used(again) == [star]


@pytest.mark.parametrize("names", [["F*", "f", "F!"], ["F", "F*", "F!"], ["F!", "F", "f-2 "]])
def test_a_project_that_was_read_can_be_sent_back(client: Api, name: str, names: list[str]) -> None:
    for each in names:
        client.project(f"{name} {each}", each)
    made = client.project(name, "F", "F*", "F!", "Épée", "Epee", ".NET", "Net", "C#", "C Sharp")
    again = client.auditor()("PUT", made.location, made.json, if_match=made.etag)
    assert (again.status, used(again)) == (200, used(made))


def test_signs_that_nobody_sees_make_no_other_technology(client: Api, name: str) -> None:
    client.technology("Pyt\u00adhon", aliases=["Snake\ufe0f"], tags=["\u2060old\u200d \ufeffone"])
    made = client.project(f"\u200b{name}", "Python\u200b", programme="Cen\u200dsus")
    assert used(made) == [("python", "Python")]
    assert (made.json["name"], made.json["programme"]) == (name, "Census")
    (python,) = client.get(T).json["items"]
    assert (python["aliases"], python["tags"]) == (["Snake"], ["old one"])
    assert client.project(f"{name}\u3164").status == 409
    kept = client.project("Long", description="\u200d")
    assert kept.json["description"] == "\u200d"


@pytest.mark.parametrize("sign", ["\u200b", "\u3164", "\ufe0f \u2060", "\U000e0041", "\U0001d173"])
def test_a_name_of_signs_that_nobody_sees_is_blank(client: Api, sign: str) -> None:
    assert client.project(sign).flaws == ["/name"]
    assert client.project("Named", sign).flaws == ["/technologies/0/technology"]
    assert client.technology("Zig", aliases=[sign], tags=[sign]).flaws == ["/aliases/0", "/tags/0"]


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
    """Another writer comes just before each project is added."""

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
    """A project is refused after its technologies are created: another one has its name.

    The other project uses the technologies `taken_with`.
    """
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


def under(client: Api, category: str) -> list[str]:
    return [item["name"] for item in client.get(f"{T}?category={category}").json["items"]]


def test_a_technology_has_the_categories_under_which_projects_name_it(client: Api) -> None:
    client.technology("Python")
    both = [{"technology": "Zig", "category": c} for c in ("languages", "infrastructure")]
    client.project("One", technologies=[*both, {"technology": "python", "category": "cicd"}])
    assert client.get(f"{T}/zig").json["categories"] == ["languages", "infrastructure"]
    assert [under(client, c) for c in ("languages", "cicd", "databases")] == [
        ["Zig"],
        ["Python"],
        [],
    ]
    client.project("Two", technologies=[{"technology": "ZIG", "category": "databases"}])
    assert (under(client, "databases"), under(client, "languages")) == (["Zig"], ["Zig"])
    assert client.get(f"{T}/python").json["version"] == 1


def test_a_refused_project_gives_no_category(client: Api) -> None:
    client.technology("Python")
    client.project("Taken")
    refused = client.project("taken", technologies=[{"technology": "Python", "category": "cicd"}])
    assert refused.status == 409
    assert under(client, "cicd") == []


def test_a_removed_category_comes_back_with_the_next_project_that_names_it(client: Api) -> None:
    client.project("One", technologies=[{"technology": "Zig", "category": "languages"}])
    client.reviewer()("PATCH", f"{T}/zig", {"categories": []}, if_match="*")
    assert under(client, "languages") == []
    client.project("Two", technologies=[{"technology": "Zig", "category": "languages"}])
    assert under(client, "languages") == ["Zig"]
