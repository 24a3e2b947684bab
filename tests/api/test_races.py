"""Concurrent writers over HTTP: one succeeds, the others get an error, and no write is lost."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from tests.support.api import Answer, Api, P, T, uses

WRITERS = 2


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """Starts all calls at the same time, each with a thread and a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def race_writers(api: Api, name: str, rounds: int) -> None:
    made = api.project(name)
    path, etag = made.location, made.etag
    for n in range(rounds):
        bodies = [{"name": name, "description": f"{n} {w}"} for w in range(WRITERS)]
        put = partial(api.auditor(), "PUT", path, if_match=etag)
        answers = at_once(*(partial(put, body) for body in bodies))
        assert Counter(answer.status for answer in answers) == {200: 1, 412: WRITERS - 1}
        (won,) = (answer for answer in answers if answer.status == 200)
        found = api.get(path)
        assert found.json == won.json
        assert found.json["version"] == n + 2
        etag = won.etag


def race_creators(api: Api, name: str, rounds: int) -> None:
    for n in range(rounds):
        names = [f"{name} {n}", f"{name}  {n}".upper()]
        answers = at_once(*(partial(api.project, one) for one in names))
        assert Counter(answer.status for answer in answers) == {201: 1, 409: 1}


def race_movers(api: Api, name: str, rounds: int) -> None:
    """Moves are only added, so all calls succeed, and every move is kept."""
    for n in range(rounds):
        if n % 12 == 0:
            path = api.technology(f"{name} {n}").location
        emails = [f"mover-{w}@example.org" for w in range(4)]
        move = (f"{path}/moves", {"ring": "hold"})
        answers = at_once(*(partial(api.reviewer(each), "POST", *move) for each in emails))
        assert {answer.status for answer in answers} == {201}
        technology = api.get(path).json
        assert technology["move_count"] == 1 + 4 * (n % 12 + 1)
        last = api.reviewer().get(f"{path}/authors?limit=4").json["items"]
        assert {move["author"] for move in last} == set(emails)


def race_births(api: Api, name: str, rounds: int) -> None:
    """Concurrent projects that name the same new technology create it once."""
    for n in range(rounds):
        # A caller may create 50 a day, and at the limit concurrent calls are refused.
        creator = api.auditor(f"{name} {n // 40}@example.org".replace(" ", "-"))
        bodies = [
            {"name": f"{name} {n} {w}", "technologies": uses(f"{name} {n}")} for w in range(4)
        ]
        answers = at_once(*(partial(creator, "POST", P, body) for body in bodies))
        assert {answer.status for answer in answers} == {201}
        (born,) = {answer.json["technologies"][0]["technology"] for answer in answers}
        assert api.get(f"{T}/{born}").json["project_count"] == 4


def race_any_version(api: Api, name: str, rounds: int) -> None:
    """`If-Match: *` matches any version: all calls succeed, and every write is kept."""
    body = {"name": name, "quadrant": "languages"}
    technology, project = api.technology(name).location, api.project(name).location
    contacts = {"contacts": [{"email": "auditor@example.org"}]}
    for n in range(rounds):
        answers = at_once(
            partial(api.auditor(), "PATCH", project, {"description": f"{n}"}, if_match="*"),
            partial(api.auditor(), "PUT", project, {"name": name}, if_match="*"),
            partial(api.auditor(), "PUT", f"{project}/contacts", contacts, if_match="*"),
            partial(api.radar_admin(), "PATCH", technology, {"tags": [f"{n}"]}, if_match="*"),
            partial(api.radar_admin(), "PUT", technology, body, if_match="*"),
        )
        assert {answer.status for answer in answers} == {200}
        assert api.get(project).json["version"] == 1 + 3 * (n + 1)
        assert api.get(technology).json["version"] == 1 + 2 * (n + 1)


def race_removers(api: Api, name: str, rounds: int) -> None:
    """One of two deletes succeeds. Concurrent writes do not stop it, and never get a 412."""
    for n in range(rounds):
        path = api.project(f"{name} {n}").location
        remove = partial(api.audit_admin(), "DELETE", path, if_match="*")
        write = partial(api.auditor(), "PATCH", path, {"stage": None}, if_match="*")
        answers = at_once(remove, write, remove, write)
        statuses = [answer.status for answer in answers]
        assert sorted(statuses[::2]) == [204, 404]
        assert set(statuses[1::2]) <= {200, 404}


RACES = [race_writers, race_creators, race_movers, race_births, race_any_version, race_removers]


@pytest.mark.parametrize("rounds", [10, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("race", RACES)
def test_races(server: Api, name: str, race: Callable[[Api, str, int], None], rounds: int) -> None:
    race(server, name, rounds)
