"""Two writers at one moment, over HTTP: one wins, the other is told so, nothing is lost."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from tests.support import Answer, Api

BASE = "/api/v1/projects"
WRITERS = 2


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """Starts all calls at one moment, each on a thread and a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def race_writers(api: Api, name: str, rounds: int) -> None:
    writer = api.auditor()
    made = writer("POST", BASE, {"name": name})
    path, etag = made.headers["location"], made.etag
    for n in range(rounds):
        bodies = [{"name": name, "description": f"{n} {w}"} for w in range(WRITERS)]
        put = partial(writer, "PUT", path, if_match=etag)
        answers = at_once(*(partial(put, body) for body in bodies))
        assert Counter(answer.status for answer in answers) == {200: 1, 412: WRITERS - 1}
        (won,) = (answer for answer in answers if answer.status == 200)
        found = api.get(path)
        assert found.json == won.json
        assert found.json["version"] == n + 2
        etag = won.etag


def race_creators(api: Api, name: str, rounds: int) -> None:
    creator = api.auditor()
    for n in range(rounds):
        names = [f"{name} {n}", f"{name}  {n}".upper()]
        answers = at_once(*(partial(creator, "POST", BASE, {"name": one}) for one in names))
        assert Counter(answer.status for answer in answers) == {201: 1, 409: 1}


def race_movers(api: Api, name: str, rounds: int) -> None:
    """Moves are only added: nobody loses, and none is lost."""
    for n in range(rounds):
        if n % 12 == 0:
            body = {"name": f"{name} {n}", "quadrant": "languages"}
            path = api.reviewer()("POST", "/api/v1/technologies", body).headers["location"]
        movers = [api.reviewer(f"mover-{w}@example.org") for w in range(4)]
        answers = at_once(
            *(partial(mover, "POST", f"{path}/moves", {"ring": "hold"}) for mover in movers)
        )
        assert {answer.status for answer in answers} == {201}
        moves = api.get(path).json["moves"]
        assert len(moves) == 1 + 4 * (n % 12 + 1)
        assert {move["author"] for move in moves[-4:]} == {
            f"mover-{w}@example.org" for w in range(4)
        }


def race_births(api: Api, name: str, rounds: int) -> None:
    """Projects that name one new technology at one moment bring one into being."""
    for n in range(rounds):
        creator = api.auditor(
            f"creator-{n // 40}@example.org"
        )  # each may bring 50 into being a day
        uses = [{"technology": f"{name} {n}", "category": "languages"}]
        bodies = [{"name": f"{name} {n} {w}", "technologies": uses} for w in range(4)]
        answers = at_once(*(partial(creator, "POST", BASE, body) for body in bodies))
        assert {answer.status for answer in answers} == {201}
        (born,) = {answer.json["technologies"][0]["technology"] for answer in answers}
        assert api.get(f"/api/v1/technologies/{born}").json["project_count"] == 4


def race_any_version(api: Api, name: str, rounds: int) -> None:
    """`If-Match: *` is true while the resource exists: nobody is refused, and every write counts."""
    body = {"name": name, "quadrant": "languages"}
    technology = api.reviewer()("POST", "/api/v1/technologies", body).headers["location"]
    project = api.auditor()("POST", BASE, {"name": name}).headers["location"]
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
    """One of two removes it; whoever writes meanwhile is neither in the way nor told a version."""
    for n in range(rounds):
        path = api.auditor()("POST", BASE, {"name": f"{name} {n}"}).headers["location"]
        remove = partial(api.audit_admin(), "DELETE", path, if_match="*")
        write = partial(api.auditor(), "PATCH", path, {"stage": None}, if_match="*")
        answers = at_once(remove, write, remove, write)
        statuses = [answer.status for answer in answers]
        assert sorted(statuses[::2]) == [204, 404]
        assert set(statuses[1::2]) <= {200, 404}


RACES = [
    race_writers,
    race_creators,
    race_movers,
    race_births,
    race_any_version,
    race_removers,
]


@pytest.mark.parametrize("race", RACES)
def test_races(server: Api, name: str, race: Callable[[Api, str, int], None]) -> None:
    race(server, name, 10)


@pytest.mark.soak
@pytest.mark.parametrize("race", RACES)
def test_a_thousand_races(server: Api, name: str, race: Callable[[Api, str, int], None]) -> None:
    race(server, name, 1_000)
