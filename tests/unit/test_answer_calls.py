"""How many calls to DynamoDB each answer takes, one after another: inside Lambda, behind the firewall."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.bootstrap import create_app
from chalicelib.firewall.names import HEADER
from chalicelib.settings import Settings
from chalicelib.stores.dynamodb.client import item_key
from chalicelib.stores.dynamodb.keys import FIREWALL_SECRET
from tests.api.test_identity import Forger, in_lambda
from tests.emulator import Emulator
from tests.faults import Recording, Tables, emulated_tables

PASS = "let in" * 8
P, T = "/api/v1/projects", "/api/v1/technologies"
AUDIT, LANDSCAPE = "tech-audit-tool", "digital-landscape"
USED = [{"technology": "Python", "category": "languages"}]
Ask = Callable[..., dict[str, Any]]


class Process:
    """One process of the deployed Lambda: it answers events, and its calls are counted."""

    def __init__(self, settings: Settings, tables: Tables, table: str) -> None:
        self.recording = Recording(tables.transport)
        self._app = create_app(settings, tables.open(table, self.recording))
        self._forgers = {each: Forger(settings, each) for each in (AUDIT, LANDSCAPE)}

    def ask(
        self, method: str, route: str, body: object = None, service: str = "", **said: str
    ) -> dict[str, Any]:
        """`said` are the query's and the path's parameters, and if_match."""
        names = [part[1:-1] for part in route.split("/") if part.startswith("{")]
        headers = {HEADER: PASS, "content-type": "application/json"}
        if "if_match" in said:
            headers["if-match"] = said.pop("if_match")
        context: dict[str, Any] = {"httpMethod": method, "resourcePath": route, "path": route}
        if service:
            context["authorizer"] = {"claims": self._forgers[service].claims()}
        event = {
            "requestContext": context,
            "headers": headers if method != "GET" else {k: headers[k] for k in list(headers)[:1]},
            "pathParameters": {name: said.pop(name) for name in names},
            "multiValueQueryStringParameters": {k: [v] for k, v in said.items()} or None,
            "stageVariables": None,
            "body": "" if body is None else json.dumps(body),
        }
        answer: dict[str, Any] = self._app(event, None)
        return answer

    def calls(self, *asked: Any, **said: str) -> list[str]:
        """The calls that an answer takes, which must be a good one."""
        self.recording.forget()
        answer = self.ask(*asked, **said)
        assert answer["statusCode"] < 300, answer
        return self.recording.operations


@pytest.fixture(scope="module", params=["http", "boto3"])
def tables(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator, request.param) as found:
        yield found


@pytest.fixture
def open_process(tables: Tables, settings: Settings) -> Callable[[], Process]:
    """Opens a new process over one table, in which 60 projects use Python."""
    table = tables.new()
    secret = {**item_key(FIREWALL_SECRET), "values": {"S": json.dumps([PASS])}}
    tables.transport("PutItem", {"TableName": table, "Item": secret})
    inside = replace(in_lambda(settings), require_waf=True)

    def opened() -> Process:
        return Process(inside, tables, table)

    filler = opened()
    assert filler.ask(
        "POST", T, {"name": "Python", "quadrant": "languages", "ring": "adopt"}, LANDSCAPE
    )
    for n in range(60):
        wanted = {"name": f"Survey {n}", "programme": "Census", "technologies": USED}
        assert filler.ask("POST", P, wanted, AUDIT)["statusCode"] == 201
    assert filler.ask("GET", P)["statusCode"] == 200  # the first page ever makes the cursors' key
    return opened


GET, BATCH, QUERY, WRITE = "GetItem", "BatchGetItem", "Query", "TransactWriteItems"
ONE = {"project_id": "survey-7"}
LATER: Mapping[str, tuple[list[str], Mapping[str, Any]]] = {
    "health": ([GET], {"asked": ("GET", "/health")}),
    "by name": ([QUERY], {"asked": ("GET", P)}),
    "by time": ([QUERY], {"asked": ("GET", P), "sort": "-updated_at"}),
    "by programme": ([QUERY], {"asked": ("GET", P), "programme": "Census"}),
    "behind a filter": ([QUERY], {"asked": ("GET", P), "stage": "unsupported"}),
    "by technology": ([QUERY, BATCH], {"asked": ("GET", P), "technology": "python"}),
    "who uses it": (
        [QUERY, BATCH],
        {"asked": ("GET", T + "/{technology_id}/projects"), "technology_id": "python"},
    ),
    "by word": ([QUERY, BATCH], {"asked": ("GET", P), "q": "surv"}),
    "my projects": ([QUERY, BATCH], {"asked": ("GET", "/api/v1/me/projects", None, AUDIT)}),
    "one project": ([GET], {"asked": ("GET", P + "/{project_id}"), **ONE}),
    "one technology": (
        [BATCH],
        {"asked": ("GET", T + "/{technology_id}"), "technology_id": "python"},
    ),
    "radar": ([QUERY], {"asked": ("GET", "/api/v1/radar")}),
    "POST": ([WRITE], {"asked": ("POST", P, {"name": "New", "technologies": USED}, AUDIT)}),
    "PUT": (
        [GET, WRITE],
        {
            "asked": ("PUT", P + "/{project_id}", {"name": "Put", "technologies": USED}, AUDIT),
            "if_match": "*",
            **ONE,
        },
    ),
    "PATCH": (
        [GET, WRITE],
        {
            "asked": ("PATCH", P + "/{project_id}", {"stage": "development"}, AUDIT),
            "if_match": "*",
            **ONE,
        },
    ),
    "DELETE": (
        [GET, WRITE],
        {"asked": ("DELETE", P + "/{project_id}", None, AUDIT), "if_match": "*", **ONE},
    ),
    "a move": (
        [BATCH, WRITE],
        {
            "asked": ("POST", T + "/{technology_id}/moves", {"ring": "hold"}, LANDSCAPE),
            "technology_id": "python",
        },
    ),
}


def asked_of(case: Mapping[str, Any], process: Process) -> list[str]:
    said = {name: value for name, value in case.items() if name != "asked"}
    return process.calls(*case["asked"], **said)


def test_later_answers_take_so_many_calls(open_process: Callable[[], Process]) -> None:
    process = open_process()
    process.ask("GET", P)
    process.ask("POST", P, {"name": "Known", "technologies": USED}, AUDIT)
    for name, (wanted, case) in LATER.items():
        assert (name, asked_of(case, process)) == (name, wanted)


def test_the_first_answer_of_a_process_takes_one_call_more(
    open_process: Callable[[], Process],
) -> None:
    """The firewall's value, the cursors' key and the renamed technologies come together."""
    reads = ("health", "by name", "by time", "by word", "one project", "one technology", "radar")
    for name in reads:
        wanted, case = LATER[name]
        assert (name, asked_of(case, open_process())) == (name, [BATCH, *wanted])


def test_names_that_the_process_does_not_know_are_one_call_more(
    open_process: Callable[[], Process],
) -> None:
    process = open_process()
    process.ask("GET", P)
    wanted, case = LATER["POST"]
    assert asked_of(case, process) == [BATCH, *wanted]
