"""The number of successive calls to DynamoDB for each answer, inside Lambda behind the firewall."""

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
from tests.api.test_identity import Forger
from tests.support.api import P, T, in_lambda, through_app
from tests.support.emulator import Emulator
from tests.support.faults import Recording, Tables, emulated_tables

PASS = "let-in" * 8
AUDIT, LANDSCAPE = "tech-audit-tool", "digital-landscape"
PYTHON, SURVEY = f"{T}/python", f"{P}/survey-7"
LANGUAGE = {"quadrant": "languages", "ring": "adopt"}
GET, BATCH, QUERY, WRITE = "GetItem", "BatchGetItem", "Query", "TransactWriteItems"


def draft(name: str, technology: str = "Python") -> dict[str, Any]:
    used = [{"technology": technology, "category": "languages"}]
    return {"name": name, "programme": "Census", "technologies": used}


class Process:
    """One process of the deployed Lambda, with counted calls."""

    def __init__(self, settings: Settings, tables: Tables, table: str) -> None:
        self._recording = Recording(tables.transport)
        app = create_app(settings, tables.open(table, self._recording))
        self._ways = {
            who: through_app(app, authorizer={"claims": Forger(settings, who).claims()})
            for who in (AUDIT, LANDSCAPE)
        }

    def calls(self, method: str, path: str, body: object = None, who: str = AUDIT) -> list[str]:
        """The calls for an answer, which must be a success."""
        headers = {HEADER: PASS, "content-type": "application/json", "if-match": "*"}
        said = b"" if body is None else json.dumps(body).encode()
        self._recording.forget()
        answer = self._ways[who](method, path, headers, said)
        assert answer.status < 300, answer
        return self._recording.operations


Open = Callable[[], Process]


@pytest.fixture(scope="module", params=["http", "boto3"])
def tables(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Tables]:
    with emulated_tables(emulator, request.param) as found:
        yield found


@pytest.fixture
def open_process(tables: Tables, settings: Settings) -> Open:
    """Opens a new process over one table, in which 60 projects use Python."""
    table = tables.new()
    secret = {**item_key(FIREWALL_SECRET), "values": {"S": json.dumps([PASS])}}
    tables.transport("PutItem", {"TableName": table, "Item": secret})
    inside = replace(in_lambda(settings), require_waf=True)

    def opened() -> Process:
        return Process(inside, tables, table)

    filler = opened()
    for name in ("Python", "Cobol"):
        filler.calls("POST", T, {"name": name, **LANGUAGE}, LANDSCAPE)
    for n in range(60):
        filler.calls("POST", P, draft(f"Survey {n}"))
    filler.calls("GET", P)  # the first page of all creates the cursors' key
    return opened


# The process has the names of the technologies in memory, for a minute.
LATER: Mapping[str, tuple[list[str], tuple[Any, ...]]] = {
    "health": ([GET], ("GET", "/health")),
    "by name": ([QUERY], ("GET", P)),
    "by time": ([QUERY], ("GET", f"{P}?sort=-updated_at")),
    "by programme": ([QUERY], ("GET", f"{P}?programme=Census")),
    "behind a filter": ([QUERY], ("GET", f"{P}?stage=unsupported")),
    "by technology": ([QUERY, BATCH], ("GET", f"{P}?technology=python")),
    "who uses it": ([QUERY, BATCH], ("GET", f"{PYTHON}/projects")),
    "nobody uses it": ([QUERY, BATCH], ("GET", f"{T}/cobol/projects")),
    "by word": ([QUERY, BATCH], ("GET", f"{P}?q=surv")),
    "my projects": ([QUERY, BATCH], ("GET", "/api/v1/me/projects")),
    "one project": ([GET], ("GET", SURVEY)),
    "technologies": ([QUERY, BATCH], ("GET", T)),
    "one technology": ([BATCH], ("GET", PYTHON)),
    "moves": ([BATCH], ("GET", f"{PYTHON}/moves")),
    "radar": ([QUERY], ("GET", "/api/v1/radar")),
    "a new project": ([WRITE], ("POST", P, draft("New"))),
    "a new project with a birth": ([BATCH, GET, WRITE, WRITE], ("POST", P, draft("Born", "Zig"))),
    "a changed project": ([GET, WRITE], ("PUT", SURVEY, draft("Put"))),
    "a patched project": ([GET, WRITE], ("PATCH", SURVEY, {"stage": "development"})),
    "contacts": ([GET, WRITE], ("PUT", f"{SURVEY}/contacts", {"contacts": [{"email": "a@b.org"}]})),
    "a removed project": ([GET, WRITE], ("DELETE", SURVEY)),
    "a new technology": ([WRITE], ("POST", T, {"name": "Go", **LANGUAGE}, LANDSCAPE)),
    "a changed technology": ([BATCH, WRITE], ("PATCH", PYTHON, {"link": ""}, LANDSCAPE)),
    "a move": ([BATCH, WRITE], ("POST", f"{PYTHON}/moves", {"ring": "hold"}, LANDSCAPE)),
    "a removed technology": ([BATCH, WRITE], ("DELETE", f"{T}/cobol", None, LANDSCAPE)),
}


def test_later_answers_take_so_many_calls(open_process: Open) -> None:
    process = open_process()
    process.calls("GET", P)
    process.calls("POST", P, draft("Known"))
    for name, (wanted, asked) in LATER.items():
        assert (name, process.calls(*asked)) == (name, wanted)


def test_the_first_answer_of_a_process_takes_one_call_more(open_process: Open) -> None:
    """One call reads the firewall's value, the cursors' key and the renamed technologies."""
    reads = ("health", "by name", "by time", "by word", "one project", "one technology", "radar")
    for name in reads:
        wanted, asked = LATER[name]
        assert (name, open_process().calls(*asked)) == (name, [BATCH, *wanted])


def test_names_that_the_process_does_not_know_are_one_call_more(open_process: Open) -> None:
    process = open_process()
    process.calls("GET", P)
    assert process.calls("POST", P, draft("New")) == [BATCH, WRITE]
