"""Registers that hypothesis generates: technologies and projects that the API would accept.

docs/moving-over.md lists values that are normalised. They are left out, so that all values return.
"""

from typing import Any

from hypothesis import strategies as st

from chalicelib.models import project as models
from chalicelib.models.project import Contact, Development, Hosting, Item, Project, Repository, Use
from chalicelib.models.technology import QUADRANTS, RINGS, Move, Technology
from chalicelib.models.text import name_key
from tools.export.projects import TEXTS
from tools.load.cleaning import NO_VALUE

SOME = ("C#", "C++", "PL/SQL", ".NET API", "AngularJS 1.x", "R", "Go", "Café", "NodeJS", "Postgres")
WORDS = "[A-Z][a-z]{2,9}( [A-Z][a-z]{2,9})?"
SIGNS = "abc XYZ 019 éß日😀 .,:;-_/'\"()<>&#+\\"


def _is_a_value(text: str) -> bool:
    return not NO_VALUE.fullmatch(text)


def texts(signs: str = SIGNS + "\n") -> st.SearchStrategy[str]:
    return st.text(signs, max_size=40).map(str.strip).filter(_is_a_value)


lines = texts(SIGNS).map(lambda text: " ".join(text.split()))
words = st.from_regex(WORDS, fullmatch=True)
names = st.sampled_from(SOME) | words.filter(lambda name: name_key(name) not in ("tbc", "tbd"))
urls = st.from_regex(r"https://[a-z]{1,9}\.example\.org/[a-z0-9?=&%+#-]{0,9}", fullmatch=True)
emails = st.from_regex(r"[A-Za-z]{1,9}@example\.org", fullmatch=True)
moments = st.datetimes().filter(lambda moment: moment.year > 1000)


def some_of(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some of the values, each once, in their order."""
    return st.sets(st.sampled_from(values)).map(lambda some: tuple(v for v in values if v in some))


def tuples(each: st.SearchStrategy[Any], **more: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(each, max_size=3, **more).map(tuple)


def _history(moves: list[Move]) -> tuple[Move, ...]:
    first_of = {(move.ring, move.at, move.note, move.directorate): move for move in moves}
    return tuple(sorted(first_of.values(), key=lambda move: move.at))


times = moments.map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}.250Z")
directorates = st.none() | st.integers(1, 3)
moves = st.builds(Move, st.sampled_from(RINGS), times, st.none() | emails, texts(), directorates)
uses = st.builds(Use, names, st.sampled_from(models.CATEGORIES), st.booleans()).map(
    lambda use: Use(use.technology, use.category, use.main and use.category not in TEXTS)
)
items = st.builds(Item, words, texts())
contacts = st.builds(Contact, emails, tuples(words, unique=True), lines)
# Without a type, hosting is derived from its details. These give none.
hostings = st.builds(Hosting, some_of(models.HOSTINGS), tuples(words))
projects = st.builds(
    Project,
    words,
    *(lines, lines, lines, texts()),
    stage=st.none() | st.sampled_from(models.STAGES),
    development=st.none() | st.builds(Development, st.sampled_from(models.DEVELOPMENTS), lines),
    hosting=hostings,
    environments=some_of(models.ENVIRONMENTS),
    documentation=tuples(urls, unique=True),
    repositories=tuples(
        st.builds(Repository, st.sampled_from(models.REPOSITORY_TYPES), st.just("") | urls, texts())
    ),
    technologies=st.lists(
        uses, max_size=9, unique_by=lambda use: (name_key(use.technology), use.category)
    ).map(tuple),
    dependencies=tuples(items),
    miscellaneous=tuples(items),
    contacts=tuples(contacts, unique_by=lambda contact: contact.key),
)


@st.composite
def technologies(draw: st.DrawFn) -> list[Technology]:
    """No two of them share a name or an alias."""
    known = draw(st.lists(names, min_size=1, max_size=8, unique_by=name_key))
    found = []
    while known:
        aliases = draw(st.integers(0, min(2, len(known) - 1)))
        own, known = known[: aliases + 1], known[aliases + 1 :]
        found.append(
            Technology(
                own[0],
                draw(st.sampled_from(QUADRANTS)),
                draw(st.lists(moves, min_size=1, max_size=4).map(_history)),
                aliases=tuple(own[1:]),
                tags=draw(tuples(words, unique_by=name_key)),
                categories=draw(some_of(models.CATEGORIES)),
                description=draw(texts()),
                link=draw(st.just("") | urls),
            )
        )
    return found
