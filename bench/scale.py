"""Whether the API is as fast with 100,000 projects as with 1,000.

Builds two SQLite stores by the store's own writes, then sends the same requests to an app over
each, in turn, so that whatever else the machine does falls on both. Times are those of the whole
application as Lambda would call it, without a network.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from sqlite3 import Connection
from statistics import median
from time import perf_counter_ns
from typing import Any

from chalice.app import Chalice

from bench.figures import Row, exactly
from bench.work import PROJECT, PROJECTS, event
from chalicelib.bootstrap import create_app
from chalicelib.models.project import (
    CATEGORIES,
    STAGES,
    Contact,
    Development,
    Hosting,
    Project,
    Repository,
    Use,
)
from chalicelib.models.technology import Move, Technology
from chalicelib.settings import Settings, stage_environment
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.projects import SqliteProjects
from chalicelib.stores.sqlite.technologies import SqliteTechnologies

SMALL, LARGE = 1_000, 100_000
LARGEST_RATIO = 1.5
ROUNDS = 300
WARM_UP = 20
NEEDLES = 50
NEEDLE = "needle"
CONFIG = Path(__file__).resolve().parent.parent / ".chalice/config.json"

TECHNOLOGIES = 499
PROGRAMMES = 60
WORDS = (
    "administrative automation classification dashboard dissemination estimates explorer index"
    " labour market mortality pipeline processing reference response statistics trade warehouse"
)

Event = dict[str, Any]
Request = Callable[[Random], Event]


class OneTransaction(Database):
    """Takes all writes into one transaction, so that the store's own code can fill it quickly."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        yield self.connection

    @contextmanager
    def whole(self) -> Iterator[None]:
        with super().write():
            yield


def build(path: Path, number: int) -> None:
    """A store with so many projects; NEEDLES of them use, and NEEDLES are named by, the needle."""
    Database(path)
    database = OneTransaction(path)
    technologies, projects = SqliteTechnologies(database), SqliteProjects(database)
    with database.whole():
        for technology in some_technologies():
            technologies.add(technology)
        for project in some_projects(number):
            projects.add(project)


def some_technologies() -> Iterator[Technology]:
    for n, name in enumerate((NEEDLE, *(f"Technology {n}" for n in range(TECHNOLOGIES)))):
        yield Technology(
            name,
            "frameworks",
            (Move("review", at(n)), Move("adopt", at(n + 1), "reviewer@example.org", "In use")),
            tags=("cloud",),
            description="What it is and what it is for. " * 3,
            link="https://example.org/technology",
            id=technology_id(n),
            version=2,
            created_at=at(n),
            updated_at=at(n + 1),
        )


def technology_id(n: int) -> str:
    """The needle's is the first."""
    return f"technology-{n - 1}" if n else NEEDLE


def some_projects(number: int) -> Iterator[Project]:
    random = Random(number)
    named = set(random.sample(range(number), NEEDLES))
    using = set(random.sample(range(number), NEEDLES))
    for n in range(number):
        yield some_project(random, n, n in named, n in using)


def some_project(random: Random, n: int, named: bool, using: bool) -> Project:
    words = " ".join(random.sample(WORDS.split(), 3)).capitalize()
    return Project(
        f"{words} {NEEDLE} {n}" if named else f"{words} {n}",
        short_name=words[:3].upper(),
        programme=f"Programme {random.randrange(PROGRAMMES)}",
        description="What the project is for, for whom, and since when. " * 8,
        stage=random.choice(STAGES),
        development=Development("partnership", "A company"),
        hosting=Hosting(("cloud", "on-premises"), ("AWS", "A data centre")),
        environments=("dev", "preprod", "prod"),
        documentation=("https://example.org/documentation",),
        repositories=(Repository("github", f"https://example.org/{n}", "The code"),),
        technologies=some_uses(random, using),
        id=project_id(n),
        version=1,
        created_at=at(n),
        updated_at=at(random.randrange(10**6)),
        updated_by="writer@example.org",
        contacts=some_contacts(n),
    )


def project_id(n: int) -> str:
    return f"project-{n}"


def some_uses(random: Random, using: bool) -> tuple[Use, ...]:
    """About six, of which a few are in most projects and most are in few."""
    chosen = {
        1 + min(int(random.expovariate(0.02)), TECHNOLOGIES - 1)
        for _ in range(random.randint(4, 9))
    }
    ids = [technology_id(n) for n in sorted(chosen)] + [NEEDLE] * using
    return tuple(Use(each, random.choice(CATEGORIES), n == 0) for n, each in enumerate(ids))


def some_contacts(n: int) -> tuple[Contact, ...]:
    return (
        Contact("owner@example.org", ("owner",), "Grade 7"),
        Contact(f"lead{n}@example.org", ("editor", "technical contact"), "Grade 6"),
    )


def at(n: int) -> str:
    return (
        f"2026-01-01T{n // 3600000 % 24:02}:{n // 60000 % 60:02}:{n // 1000 % 60:02}.{n % 1000:03}Z"
    )


def open_app(path: Path) -> Chalice:
    environment = {"LANDSCAPE_STORE_URL": f"sqlite:///{path}", "XDG_STATE_HOME": str(path.parent)}
    return create_app(Settings.read(stage_environment("local", environment, CONFIG)))


def requests(number: int) -> dict[str, Request]:
    """What is measured, on a store with so many projects."""
    page = {"limit": "50"}
    return {
        "list": lambda _: event("GET", PROJECTS, query=page),
        "get": lambda random: event(
            "GET", PROJECT, {"project_id": project_id(random.randrange(number))}
        ),
        "by technology": lambda _: event("GET", PROJECTS, query={"technology": NEEDLE, **page}),
        "search": lambda _: event("GET", PROJECTS, query={"q": NEEDLE, **page}),
    }


@dataclass(frozen=True)
class Line:
    """The median's milliseconds for one kind of request, at both sizes."""

    request: str
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small


def time_one(app: Chalice, event: Event) -> float:
    """Milliseconds; raises where the answer is not the one that was meant to be measured."""
    start = perf_counter_ns()
    answer = app(event, None)
    taken = (perf_counter_ns() - start) / 1e6
    body = json.loads(answer["body"])
    if answer["statusCode"] != 200 or len(body.get("items", [0] * 50)) != 50:
        raise AssertionError(f"{event['path']} answered {answer['statusCode']}")
    return taken


def measure(apps: Mapping[int, Chalice]) -> list[Line]:
    """Each request to each store in each round, the larger first in every second."""
    asked = {number: requests(number) for number in apps}
    times: dict[tuple[str, int], list[float]] = {}
    random = Random(0)
    for turn in range(WARM_UP + ROUNDS):
        for name in asked[SMALL]:
            for number in sorted(apps, reverse=bool(turn % 2)):
                taken = time_one(apps[number], asked[number][name](random))
                if turn >= WARM_UP:
                    times.setdefault((name, number), []).append(taken)
    return [
        Line(name, median(times[name, SMALL]), median(times[name, LARGE])) for name in asked[SMALL]
    ]


def run() -> list[Line]:
    """Builds both stores in a directory that is gone afterwards, and measures."""
    with tempfile.TemporaryDirectory() as directory:
        paths = {number: Path(directory) / f"{number}.db" for number in (SMALL, LARGE)}
        for number, path in paths.items():
            build(path, number)
        return measure({number: open_app(path) for number, path in paths.items()})


def table(lines: Iterable[Line]) -> str:
    return "\n".join(
        f"{each.request:14}{each.small:8.2f} ms, {each.large:.2f} ms at {LARGE:,}: {each.ratio:.2f}"
        for each in lines
    )


def rows(lines: Iterable[Line]) -> list[Row]:
    """Ours alone: at 100,000 projects, and the ratio to 1,000."""
    return [
        Row(
            f"SQLite, {LARGE:,} projects",
            line.request,
            "ms",
            exactly(line.large),
            ratio=exactly(line.ratio),
            target=LARGEST_RATIO,
        )
        for line in lines
    ]
