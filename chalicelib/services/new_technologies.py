"""The creation of technologies that a project names and the register does not have."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from chalicelib.errors import (
    Flaw,
    InvalidError,
    NameTakenError,
    QuotaExceededError,
    RegisterError,
    UnknownTechnologyError,
)
from chalicelib.models.caller import Caller
from chalicelib.models.project import Use
from chalicelib.models.technology import (
    BORN_OF_A_PROJECT,
    QUADRANT_OF_CATEGORY,
    Move,
    Named,
    Technology,
)
from chalicelib.models.text import name_key
from chalicelib.services.clock import Clock, next_midnight, timestamp
from chalicelib.services.ids import candidates, slug
from chalicelib.services.technologies import Technologies
from chalicelib.stores.port import Quota

MOST_IN_A_REQUEST = 10
MOST_IN_A_DAY = 50  # for one caller; a day in UTC


class NewTechnologies:
    """Creates the unknown technologies of one project, and removes them if the project is refused.

    Each is created by a write of its own, in ring review. Its move has no author: the writer of a
    project decides nothing about the radar, and moves are public while contacts are not. A load has
    no caller, and no limit.
    """

    def __init__(self, technologies: Technologies, caller: Caller | None, clock: Clock) -> None:
        self._technologies = technologies
        self._caller = caller
        self._clock = clock
        self._created: list[Technology] = []

    def identify(
        self, uses: tuple[Use, ...], check: Callable[[tuple[Use, ...]], None]
    ) -> tuple[Use, ...]:
        """Returns the uses with the ids and names of their technologies; creates the unknown ones.

        Every rule is checked before anything is created. `check` receives the expected uses, and
        raises to refuse them. Raises InvalidError, QuotaExceededError; UnknownTechnologyError if the
        same call can succeed later.
        """
        known = self._technologies.resolve(use.technology for use in uses)
        expected = expected_technologies(uses, known)
        identified = with_ids(uses, expected)
        unknown: dict[Named, Use] = {}
        for use in uses:
            if use.technology not in known:
                unknown.setdefault(expected[use.technology], use)
        lacking = {
            (named.id, use.category)
            for use in uses
            if (named := known.get(use.technology)) and use.category not in named.categories
        }
        if not (unknown or lacking):
            return identified
        self._require_few(len(unknown))
        check(identified)
        for technology_id, category in sorted(lacking):
            self._technologies.add_category(technology_id, category)
        created = {named: self._create(use, uses) for named, use in unknown.items()}
        return with_ids(uses, {each: created.get(named, named) for each, named in expected.items()})

    def remove(self) -> None:
        """Removes the created technologies, except those that somebody uses or has changed since."""
        for created in self._created:
            with suppress(RegisterError):
                found = self._technologies.get(created.id)
                if found == created:
                    self._technologies.remove(found)

    def _require_few(self, count: int) -> None:
        if self._caller and count > MOST_IN_A_REQUEST:
            detail = (
                f"names {count} technologies that the register does not have:"
                f" a request may add {MOST_IN_A_REQUEST}, so add the others with later requests"
            )
            raise InvalidError(Flaw("/technologies", detail))

    def _create(self, use: Use, uses: tuple[Use, ...]) -> Named:
        move = Move("review", timestamp(self._clock()), None, BORN_OF_A_PROJECT)
        quadrant = QUADRANT_OF_CATEGORY.get(use.category, "supporting-tools")
        key = name_key(use.technology)
        categories = dict.fromkeys(u.category for u in uses if name_key(u.technology) == key)
        draft = Technology(use.technology, quadrant, (move,), categories=tuple(categories))
        try:
            created = self._technologies.create(draft, self._caller, quota=self._quota())
        except NameTakenError:  # another request created it a moment ago
            found = self._technologies.resolve([use.technology]).get(use.technology)
            if found is None:
                raise UnknownTechnologyError("It was deleted a moment ago") from None
            return found
        except QuotaExceededError:
            raise self._too_many() from None
        self._created.append(created)
        return Named(created.id, created.name)

    def _quota(self) -> Quota | None:
        if self._caller is None:
            return None
        now = self._clock()
        parts = ["new technologies", self._caller.service, self._caller.key, f"{now:%Y-%m-%d}"]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return Quota(key, MOST_IN_A_DAY, timestamp(next_midnight(now)))

    def _too_many(self) -> QuotaExceededError:
        now = self._clock()
        seconds = (next_midnight(now) - now).total_seconds()
        return QuotaExceededError(
            f"Your projects have added {MOST_IN_A_DAY} technologies to the register today:"
            " use existing ones, or send the request again after midnight UTC",
            int(seconds) + 1,
        )


def expected_technologies(uses: Iterable[Use], known: Mapping[str, Named]) -> dict[str, Named]:
    """The technology of each reference, after the unknown ones are created.

    A reference can be the id of a technology that an earlier reference of the project creates.
    """
    technologies = dict(known)
    by_id = {technology.id: technology for technology in known.values()}
    by_key: dict[str, Named] = {}
    for name in (use.technology for use in uses if use.technology not in known):
        found = by_id.get(name) or by_key.get(name_key(name))
        if found is None:
            free = (each for each in candidates(slug(name, "technology")) if each not in by_id)
            found = Named(next(free), name)
            by_id[found.id] = found
            by_key |= dict.fromkeys(Technology(name, "", id=found.id).keys, found)
        technologies[name] = found
    return technologies


def with_ids(uses: Iterable[Use], technologies: Mapping[str, Named]) -> tuple[Use, ...]:
    """The uses with ids and names; `technologies` are by reference.

    Raises InvalidError if a technology is used twice in one category.
    """
    identified = []
    flaws = []
    seen: dict[tuple[str, str], int] = {}
    for number, use in enumerate(uses):
        technology = technologies[use.technology]
        first = seen.setdefault((technology.id, use.category), number)
        if first != number:
            detail = f"the same technology and category as /technologies/{first}: remove one"
            flaws.append(Flaw(f"/technologies/{number}", detail))
        identified.append(replace(use, technology=technology.id, name=technology.name))
    if flaws:
        raise InvalidError(*flaws)
    return tuple(identified)
