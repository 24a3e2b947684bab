"""Compares the speed of the API with 100,000 projects and with 1,000.

Builds two SQLite stores with the store's own writes. Then sends the same requests to an application
on each, in turn, so that a disturbance affects both. The times include the whole application.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from sqlite3 import Connection
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from chalice.app import Chalice

from bench.figures import Row
from bench.work import GIVEN, PAGE, PROJECT, PROJECTS, Work
from chalicelib.bootstrap import create_app
from chalicelib.models.project import CATEGORIES, STAGES, Contact, Project, Use
from chalicelib.models.technology import Move, Technology
from chalicelib.routes.bodies.common import parse
from chalicelib.routes.bodies.project import NewProjectBody
from chalicelib.settings import Settings
from chalicelib.stores.sqlite.database import Database
from chalicelib.stores.sqlite.projects import SqliteProjects
from chalicelib.stores.sqlite.technologies import SqliteTechnologies
from ops.stage import stage_environment

SMALL, LARGE = 1_000, 100_000
GROUP, LARGEST_RATIO = f"SQLite, {LARGE:,} projects", 1.5
ROUNDS, WARM_UP = 300, 20
NEEDLE, NEEDLES = "needle", 50
CONFIG = Path(__file__).resolve().parent.parent / ".chalice/config.json"
TECHNOLOGIES, PROGRAMMES = 499, 60
WORDS = (
    "administrative automation classification dashboard dissemination estimates explorer index"
    " labour market mortality pipeline processing reference response statistics trade warehouse"
)
BODY = {**GIVEN["body"], "description": "What it is for, for whom, and since when. " * 10}
ALIKE = parse(NewProjectBody, BODY).to_draft()
LIST = Work("GET", PROJECTS, query=PAGE)
REQUESTS = {
    "list": LIST,
    "get": Work("GET", PROJECT),
    "by technology": replace(LIST, query={"technology": NEEDLE, **PAGE}),
    "search": replace(LIST, query={"q": NEEDLE, **PAGE}),
}


class OneTransaction(Database):
    """Puts all writes into one transaction, so that the store's own code fills it quickly."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        yield self.connection


def build(path: Path, number: int) -> None:
    """A store of `number` projects. NEEDLES of them use the needle, and NEEDLES contain its name."""
    database = OneTransaction(path)
    technologies, projects = SqliteTechnologies(database), SqliteProjects(database)
    with Database.write(database):
        for technology in some_technologies():
            technologies.add(technology)
        for project in some_projects(number):
            projects.add(project)


def some_technologies() -> Iterator[Technology]:
    """The needle, then the other technologies."""
    for n in range(TECHNOLOGIES + 1):
        id_, name = (f"technology-{n - 1}", f"Technology {n - 1}") if n else (NEEDLE, NEEDLE)
        moves = Move("review", at(n)), Move("adopt", at(n + 1), "reviewer@example.org", "In use")
        made = Technology(name, "frameworks", moves, tags=("cloud",), id=id_, version=2)
        text = "What it is and what it is for. " * 3
        yield replace(made, description=text, created_at=at(n), updated_at=at(n + 1))


def some_projects(number: int) -> Iterator[Project]:
    """Projects with about six technologies each. A few technologies are in most projects."""
    random = Random(number)
    named = set(random.sample(range(number), NEEDLES))
    using = set(random.sample(range(number), NEEDLES))
    for n in range(number):
        words = " ".join(random.sample(WORDS.split(), 3)).capitalize()
        many = range(random.randint(4, 9))
        chosen = {min(int(random.expovariate(0.02)), TECHNOLOGIES - 1) for _ in many}
        ids = [f"technology-{each}" for each in sorted(chosen)] + [NEEDLE] * (n in using)
        uses = [Use(each, random.choice(CATEGORIES), not i) for i, each in enumerate(ids)]
        lead = Contact(f"lead{n}@example.org", ("editor", "technical contact"), "Grade 6")
        yield replace(
            ALIKE,
            name=f"{words} {NEEDLE} {n}" if n in named else f"{words} {n}",
            programme=f"Programme {random.randrange(PROGRAMMES)}",
            stage=random.choice(STAGES),
            technologies=tuple(uses),
            id=f"project-{n}",
            version=1,
            created_at=at(n),
            updated_at=at(random.randrange(10**6)),
            updated_by="writer@example.org",
            contacts=(Contact("owner@example.org", ("owner",), "Grade 7"), lead),
        )


def at(n: int) -> str:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rows() -> Iterator[Row]:
    """The median at 100,000 projects, and its ratio to the median at 1,000.

    Each round sends each request to both stores. Every second round begins with the larger one.
    """
    apps: dict[int, Chalice] = {}
    times: dict[tuple[str, int], list[float]] = defaultdict(list)
    random = Random(0)
    with TemporaryDirectory() as directory:
        for number in (SMALL, LARGE):
            build(Path(directory) / f"{number}.db", number)
            url = f"sqlite:///{directory}/{number}.db"
            given = {"LANDSCAPE_STORE_URL": url, "XDG_STATE_HOME": directory}
            apps[number] = create_app(Settings.read(stage_environment("local", given, CONFIG)))
        for turn, (name, work) in product(range(WARM_UP + ROUNDS), REQUESTS.items()):
            for number in sorted(apps, reverse=bool(turn % 2)):
                one = {"project_id": f"project-{random.randrange(number)}"}
                event = replace(work, parameters=None if work.query else one).event()
                start = perf_counter_ns()
                answer = apps[number](event, None)
                taken = (perf_counter_ns() - start) / 1e6
                work.told(answer)
                if turn >= WARM_UP:
                    times[name, number].append(taken)
    for name in REQUESTS:
        small, large = (median(times[name, number]) for number in (SMALL, LARGE))
        yield Row(GROUP, name, "ms", [large], (), [large / small], LARGEST_RATIO)
