"""Lists: filters, orders, search and paging."""

import pytest

from chalicelib.bootstrap import create_app
from tests.support.api import Api, P, T, event, next_link, through_test_client, uses

ROWS: list[dict[str, object]] = [
    {"name": "Address Index", "short_name": "AIMS", "programme": "Data", "stage": "development"},
    {"name": "Blaise 5", "programme": "Collection", "hosting": {"types": ["cloud"]}},
    {"name": "Café Société", "programme": "data", "development": {"type": "outsourced"}},
    {"name": "C# Tools", "short_name": "R", "hosting": {"types": ["on-premises", "hybrid"]}},
    {"name": "Data Exchange", "short_name": "SDX", "stage": "unsupported", "programme": "Data"},
]


@pytest.fixture
def full(client: Api) -> Api:
    """Every second project uses Python."""
    for n, row in enumerate(ROWS):
        body = {**row, "technologies": [] if n % 2 else uses("Python")}
        assert client.auditor()("POST", P, body).status == 201
    return client


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
        ("technology=PYTHON&sort=-name", [4, 2, 0]),
        ("technology=python&programme=data&stage=unsupported", [4]),
        ("technology=cobol", []),
        ("q=data&sort=name", [0, 2, 4]),
        ("q=dat+exch", [4]),
        ("q=SOCI%C3%89", [2]),
        ("q=c%23", [3]),
        ("q=index&technology=python", [0]),
    ],
)
def test_a_list_holds_what_its_filters_say_in_its_order(
    full: Api, query: str, expected: list[int]
) -> None:
    found = [item["name"] for item in full.get(f"{P}?{query}").json["items"]]
    assert found == [ROWS[n]["name"] for n in expected]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["C#", "Node.js", "Python", "Redis"]),
        ("quadrant=languages", ["C#", "Python"]),
        ("ring=adopt&quadrant=frameworks", ["Node.js"]),
        ("tag=DATA", ["Python", "Redis"]),
        ("q=csh", ["C#"]),
        ("q=node+js", ["Node.js"]),
        ("q=js&ring=hold", []),
    ],
)
def test_so_does_a_list_of_technologies(client: Api, query: str, expected: list[str]) -> None:
    client.technology("Python", ring="adopt", tags=["data"])
    client.technology("C#", ring="hold", aliases=["CSharp"])
    client.technology("Node.js", quadrant="frameworks", ring="adopt", tags=["web"])
    client.technology("Redis", quadrant="infrastructure", ring="trial", tags=["Data"])
    assert [item["name"] for item in client.get(f"{T}?{query}").json["items"]] == expected


@pytest.mark.parametrize(
    "query",
    [
        *("stage=retired", "stage=", "development=x", "hosting=moon", "sort=id", "nonsense=1"),
        *("q=", "q=---", "q=" + "x" * 201, "technology=a%00b"),
        *("limit=0", "limit=101", "limit=x", "limit=", "limit=1&limit=2", "limit=%C2%B2"),
    ],
)
def test_a_parameter_that_means_nothing_is_a_422(api: Api, query: str) -> None:
    assert api.get(f"{P}?{query}").flaws == ["/" + query.partition("=")[0]]


@pytest.mark.parametrize("path", [P, T])
def test_a_search_has_at_most_ten_words(api: Api, path: str) -> None:
    """A repeated word counts once."""
    ten = "+".join(f"w{number}" for number in range(10))
    assert api.get(f"{path}?q={ten}+w1").status == 200
    answer = api.get(f"{path}?q={ten}+more")
    assert answer.flaws == ["/q"]
    assert answer.json["detail"] == "/q: must contain at most 10 words"


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
    whole = [item["id"] for item in full.get(f"{P}?{query}").json["items"]]
    walked, link = [], f"{P}?{query}&limit=2"
    while link:
        page = full.get(link)
        walked += [item["id"] for item in page.json["items"]]
        link = next_link(page) or ""
        assert bool(link) == bool(page.json["next_cursor"])
        assert len(page.json["items"]) == 2 or not link
    assert walked == whole


def test_a_cursor_is_good_for_its_own_list_alone_and_outlives_its_process(full: Api) -> None:
    cursor = full.get(f"{P}?limit=1&sort=name").json["next_cursor"]
    restarted = Api(through_test_client(create_app(full.settings)), full.settings)
    (found,) = restarted.get(f"{P}?limit=1&sort=name&cursor={cursor}").json["items"]
    assert found["name"] == "Blaise 5"
    assert full.get(f"{P}?limit=3&sort=name&cursor={cursor}").status == 200
    for other in (
        f"{P}?cursor={cursor}",
        f"{P}?sort=-name&cursor={cursor}",
        f"{P}?sort=name&stage=development&cursor={cursor}",
        f"{P}?sort=name&cursor={cursor[:-1]}",
        f"{P}?sort=name&cursor={'B' if cursor[0] == 'A' else 'A'}{cursor[1:]}",
        f"{T}?cursor={cursor}",
        f"{T}/python/projects?cursor={cursor}",
    ):
        answer = full.get(other)
        assert answer.status == 400
        assert "cursor" in answer.json["detail"]


@pytest.mark.parametrize(
    "cursor", ["", "x", "%00", "AAAA", "e30", "a" * 2000, "a" * 3000, "%F0%9F%98%80"]
)
def test_a_cursor_that_we_did_not_make_is_a_400(api: Api, cursor: str) -> None:
    for path in (P, T):
        assert api.get(f"{path}?cursor={cursor}").status == 400


def test_a_list_checks_its_parameters_before_it_looks_for_its_technology(client: Api) -> None:
    for query, status in (("?limit=0", 422), ("?cursor=x", 400), ("", 404)):
        assert client.get(f"{T}/none/projects{query}").status == status


@pytest.mark.parametrize(
    ("path", "prefix"), [(f"/dev{P}", "/dev"), (P, ""), (f"/base/x{P}/", "/base/x")]
)
def test_links_are_right_behind_a_stage_or_a_base_path(full: Api, path: str, prefix: str) -> None:
    app = create_app(full.settings)
    response = app(event("GET", P, path, {"limit": ["1"]}), None)
    assert response["headers"]["Link"].startswith(f"<{prefix}/api/v1/projects?limit=1&cursor=")
    index = app(event("GET", "/", f"{prefix}/"), None)
    assert f'"{prefix}/api/v1/radar"' in index["body"]
    page = app(event("GET", "/", f"{prefix}/", headers={"accept": "text/html"}), None)["body"]
    for link in ("/docs", "/openapi.json", "/api/v1/radar"):
        assert f'<a href="{prefix}{link}">' in page
    assert f'<img src="{prefix}/api/v1/radar"' in page
