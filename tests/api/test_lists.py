"""Lists: filters, orders, search, and walking from page to page."""

from collections.abc import Iterator

import pytest

from tests.support import Api, next_link

BASE = "/api/v1/projects"
ROWS: list[dict[str, object]] = [
    {"name": "Address Index", "short_name": "AIMS", "programme": "Data", "stage": "development"},
    {"name": "Blaise 5", "programme": "Collection", "hosting": {"types": ["cloud"]}},
    {"name": "Café Société", "programme": "data", "development": {"type": "outsourced"}},
    {"name": "C# Tools", "short_name": "R", "hosting": {"types": ["on-premises", "hybrid"]}},
    {"name": "Data Exchange", "short_name": "SDX", "stage": "unsupported", "programme": "Data"},
]
PYTHON = [{"technology": "Python", "category": "languages"}]


@pytest.fixture
def full(client: Api) -> Api:
    for n, row in enumerate(ROWS):
        body = {**row, "technologies": PYTHON if n % 2 == 0 else []}
        assert client.auditor()("POST", BASE, body).status == 201
    return client


def names(api: Api, query: str) -> list[str]:
    answer = api.get(f"{BASE}?{query}")
    assert answer.status == 200, answer.body
    return [item["name"] for item in answer.json["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [0, 1, 3, 2, 4]),
        ("sort=name", [0, 1, 3, 2, 4]),
        ("sort=-name", [4, 2, 3, 1, 0]),
        ("sort=updated_at", [0, 1, 2, 3, 4]),
        ("sort=-updated_at", [4, 3, 2, 1, 0]),
        ("stage=development", [0]),
        ("development=outsourced", [2]),
        ("hosting=hybrid", [3]),
        ("programme=DATA", [0, 2, 4]),
        ("programme=Data&sort=-updated_at", [4, 2, 0]),
        ("technology=python", [0, 2, 4]),
        ("technology=PYTHON&sort=-name", [4, 2, 0]),
        ("technology=python&programme=data&stage=unsupported", [4]),
        ("technology=cobol", []),
        ("q=data&sort=name", [0, 2, 4]),
        ("q=data&sort=-updated_at", [4, 2, 0]),
        ("q=dat+exch", [4]),
        ("q=sdx", [4]),
        ("q=cafe", [2]),
        ("q=SOCIÉ".encode().decode(), [2]),
        ("q=c%23", [3]),
        ("q=r", [3]),
        ("q=ata", []),
        ("q=index&technology=python", [0]),
        ("q=%22index%22", [0]),
        ("q=index*", [0]),
        ("q=index+AND", []),
        ("q=programme%3Adata", []),
    ],
)
def test_a_list_holds_what_its_filters_say_in_its_order(
    full: Api, query: str, expected: list[int]
) -> None:
    from urllib.parse import quote

    found = names(full, quote(query, safe="=&%+*-"))
    assert found == [ROWS[n]["name"] for n in expected]


@pytest.mark.parametrize(
    "query",
    [
        "stage=retired",
        "stage=",
        "development=x",
        "hosting=moon",
        "sort=id",
        "q=",
        "q=---",
        "q=" + "x" * 201,
        "technology=a%00b",
        "nonsense=1",
    ],
)
def test_a_filter_that_means_nothing_is_a_422(full: Api, query: str) -> None:
    answer = full.get(f"{BASE}?{query}")
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == ["/" + query.partition("=")[0]]


def walk(api: Api, path: str) -> Iterator[list[str]]:
    link: str | None = path
    while link:
        answer = api.get(link)
        assert answer.status == 200
        assert (answer.json["next_cursor"] is None) == (next_link(answer) is None)
        yield [item["id"] for item in answer.json["items"]]
        link = next_link(answer)


@pytest.mark.parametrize(
    "query",
    [
        "sort=name",
        "sort=-updated_at",
        "technology=python",
        "q=data",
        "q=data&sort=name",
        "programme=data",
    ],
)
def test_the_links_lead_through_the_whole_list(full: Api, query: str) -> None:
    whole = [item["id"] for item in full.get(f"{BASE}?{query}").json["items"]]
    pages = list(walk(full, f"{BASE}?{query}&limit=2"))
    assert [one for page in pages for one in page] == whole
    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)


def test_a_cursor_is_good_for_its_own_list_alone(full: Api) -> None:
    cursor = full.get(f"{BASE}?limit=1&sort=name").json["next_cursor"]
    assert full.get(f"{BASE}?limit=3&sort=name&cursor={cursor}").status == 200
    for other in (
        f"{BASE}?cursor={cursor}",
        f"{BASE}?sort=-name&cursor={cursor}",
        f"{BASE}?sort=name&stage=development&cursor={cursor}",
        f"{BASE}?sort=name&cursor={cursor[:-1]}",
        f"{BASE}?sort=name&cursor=A{cursor[1:]}",
        f"/api/v1/technologies?cursor={cursor}",
        f"/api/v1/technologies/python/projects?cursor={cursor}",
    ):
        answer = full.get(other)
        assert answer.status == 400
        assert "cursor" in answer.json["detail"]


def test_a_cursor_outlives_the_process_that_made_it(full: Api) -> None:
    from chalicelib.bootstrap import create_app
    from tests.support import through_test_client

    cursor = full.get(f"{BASE}?limit=1").json["next_cursor"]
    restarted = Api(through_test_client(create_app(full.settings)), full.settings)
    assert names(restarted, f"limit=1&cursor={cursor}") == ["Blaise 5"]


def test_what_is_written_meanwhile_neither_repeats_nor_hides_the_rest(full: Api) -> None:
    first = full.get(f"{BASE}?limit=2&q=data")
    full.auditor()("POST", BASE, {"name": "Data Aardvark"})
    full.audit_admin()("DELETE", f"{BASE}/blaise-5", if_match="*")
    rest = [item["id"] for item in full.get(next_link(first) or "").json["items"]]
    seen = [item["id"] for item in first.json["items"]] + rest
    assert {"address-index", "cafe-societe", "data-exchange"} <= set(seen)
    assert len(seen) == len(set(seen))


def test_a_rare_filter_gives_short_pages_until_the_end(client: Api) -> None:
    """A page examines at most 500 rows, and says that there is more."""
    from chalicelib.bootstrap import open_store
    from chalicelib.models.project import Project

    store = open_store(client.settings)
    for n in range(1_100):
        stage = "unsupported" if n == 1_050 else None
        moment = "2026-01-01T00:00:00.000Z"
        store.projects.add(
            Project(
                f"P {n:05}",
                stage=stage,
                id=f"p-{n}",
                version=1,
                created_at=moment,
                updated_at=moment,
            )
        )
    pages = list(walk(client, f"{BASE}?stage=unsupported&sort=name"))
    assert pages == [[], [], ["p-1050"]]


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/dev/api/v1/projects", "/dev"),
        ("/api/v1/projects", ""),
        ("/base/x/api/v1/projects/", "/base/x"),
    ],
)
def test_links_are_right_behind_a_stage_or_a_base_path(full: Api, path: str, prefix: str) -> None:
    from chalicelib.bootstrap import create_app

    def event(resource: str, path: str, query: dict[str, list[str]] | None) -> dict[str, object]:
        context = {"httpMethod": "GET", "resourcePath": resource, "path": path, "requestId": "r-1"}
        return {
            "requestContext": context,
            "headers": {},
            "pathParameters": None,
            "multiValueQueryStringParameters": query,
            "stageVariables": None,
            "body": None,
        }

    app = create_app(full.settings)
    response = app(event(BASE, path, {"limit": ["1"]}), None)
    assert response["headers"]["X-Request-Id"] == "r-1"
    assert response["headers"]["Link"].startswith(f"<{prefix}/api/v1/projects?limit=1&cursor=")
    index = app(event("/", f"{prefix}/", None), None)
    assert f'"{prefix}/api/v1/radar"' in index["body"]


def test_a_page_is_never_too_large_for_lambda(client: Api) -> None:
    """Which refuses an answer of more than 6 MB: a page has about 1 MB, and the walk goes on."""
    text = "\u00e9" * 5000
    for n in range(60):
        repositories = [{"type": "other", "description": text}] * 4
        body = {"name": f"Large {n:02}", "description": text, "repositories": repositories}
        assert client.auditor()("POST", BASE, body).status == 201
    answer = client.get(f"{BASE}?limit=100")
    assert len(answer.body) < 1_100_000
    assert 1 < len(answer.json["items"]) < 60
    assert sum(map(len, walk(client, f"{BASE}?limit=100"))) == 60
