"""Compares the container with FastAPI on uvicorn under steady load, over minutes.

Both servers run the whole time, with equally many workers on the same CPUs, and take turns under load.
The load uses the first CPU. endpoint.py replaces DynamoDB, because the emulator takes longer for a
call than either contender for a request.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

from bench.contenders import KEPT
from bench.figures import Row, ratios_of
from bench.load import Asked, Server
from bench.servers import WORKERS, dynamodb, sqlite_files, start_ours, start_peer, user_pool
from bench.work import GIVEN, OWN, PAGE, PROJECTS

BEGIN, END = "<!-- steady load: make bench writes it -->", "<!-- end of the steady load -->"
STORES = DYNAMODB, SQLITE = "DynamoDB emulated", "SQLite"
CONNECTIONS = 16
LONGEST, SLICE, WARM_UP = 600, 30, 5  # seconds
CALL = 4  # milliseconds for each call to DynamoDB
LISTS, GETS = 45, 4  # of fifty requests; the other one is a write
LIST = Asked(f"{PROJECTS}?limit={PAGE['limit']}")


def how(seconds: int) -> str:
    """A description of the method."""
    cpus = max(1, len(os.sched_getaffinity(0)) - 1)
    return (
        f"{CONNECTIONS} connections, {WORKERS} workers each on {cpus} CPU{'s' * (cpus > 1)},"
        f" {seconds} s under load each on each store, by turns of {seconds / slices(seconds):g} s."
        f" A call to DynamoDB: {CALL} ms"
    )


def slices(seconds: int) -> int:
    return max(2, round(seconds / SLICE))


def rows(seconds: int) -> Iterator[Row]:
    """Puts each contender under load for `seconds` on each store, on all CPUs except the first."""
    cpus = sorted(os.sched_getaffinity(0))
    for store in STORES:
        with TemporaryDirectory(dir=KEPT) as directory, ExitStack() as stack:
            stack.callback(os.sched_setaffinity, 0, cpus)
            os.sched_setaffinity(0, cpus[:1])
            place = Path(directory)
            recorded: AbstractContextManager[None] = nullcontext()
            keys_url, token = user_pool(place, stack)
            if store == SQLITE:
                given = sqlite_files(place)
            else:
                endpoint = dynamodb(place, stack)
                given = endpoint.environment, {**endpoint.environment, "STORE": "table"}
                recorded = endpoint.recorded(CALL)
            os.sched_setaffinity(0, cpus[1:] or cpus)
            both = (
                start_ours(given[0], keys_url, stack),
                start_peer(given[1], keys_url, place, stack),
            )
            os.sched_setaffinity(0, cpus[:1])
            decks = compare(both, token)
            with recorded:
                yield from measure(f"steady load, {store}", both, decks, seconds)


def compare(both: Sequence[Server], token: str) -> list[list[Asked]]:
    """The requests of each connection. Raises ValueError if the answers differ in more than OWN."""
    projects = both[0].ask(LIST)[0]["items"]
    gets = [Asked(f"{PROJECTS}/{project['id']}") for project in projects]
    more = {"Authorization": f"Bearer {token}", "If-Match": "*", "Content-Type": "application/json"}
    named = [json.dumps({**GIVEN["body"], "name": project["name"]}) for project in projects]
    puts = [
        Asked(get.path, "PUT", body.encode(), more)
        for get, body in zip(gets[:CONNECTIONS], named, strict=False)
    ]
    for asked in (LIST, *gets, *puts):
        told = [server.ask(asked) for server in both]
        if alike(told[0]) != alike(told[1]):
            raise ValueError(f"the servers' answers to {asked.path} differ: {told}")
    random = Random(0)
    decks = [[LIST] * LISTS + random.sample(gets, GETS) + [put] for put in puts]
    return [random.sample(deck, len(deck)) for deck in decks]


def alike(answer: tuple[Any, Any]) -> Any:
    said, encoding = answer
    return encoding, said.get("items") or {name: said[name] for name in said if name not in OWN}


def measure(
    group: str, both: Sequence[Server], decks: Sequence[Sequence[Asked]], seconds: int
) -> Iterator[Row]:
    for server in both:
        server.load(decks, WARM_UP)
        server.forget_times()
    before = [server.memory() for server in both]
    for turn in range(2 * slices(seconds)):
        both[turn % 2].load(decks, seconds / slices(seconds))
    after = [server.memory() for server in both]
    ours, peers = (server.per_second for server in both)
    yield Row(
        group, "requests a second", "", ours, peers, ratios_of(ours, peers), 1, more_is_better=True
    )
    centiles = [quantiles(server.milliseconds, n=100) for server in both]
    for n in (50, 99):
        ours, peers = ([each[n - 1]] for each in centiles)
        yield Row(group, f"p{n}", "ms", ours, peers, ratios_of(ours, peers), 1)
    ours, peers = (server.cpu for server in both)
    yield Row(group, "CPU a request", "ms", ours, peers, ratios_of(ours, peers), 1)
    for when, found in (("at the beginning", before), ("at the end", after)):
        ours, peers = ([each] for each in found)
        yield Row(group, f"memory {when}", "MB", ours, peers, ratios_of(ours, peers), 1)
    asked = " and ".join(f"{len(server.milliseconds):,}" for server in both)
    ours, peers = ([float(len(server.errors))] for server in both)
    yield Row(group, f"errors in {asked} requests", "", ours, peers, target=0)
    for server in both:
        sys.stderr.writelines(f"{error}\n" for error in server.errors[:5])
