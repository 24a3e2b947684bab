"""What the services need of a store. Every implementation passes tests/contract.

All writes are conditional and, to whoever reads the record, atomic: either everything a method
names is written, its receipt included, or nothing is. A list may lag a write by a moment.
A store that cannot answer raises errors.UnavailableError.

A write replaces or removes the record that was read: it is refused where somebody else has written
since. That is told by the record's `mark`, for a version comes again where a record was removed and
added anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from chalicelib.models.directorate import Directorates
from chalicelib.models.page import Page, Position
from chalicelib.models.project import Project, ProjectQuery
from chalicelib.models.technology import Move, Named, Technology, TechnologyQuery

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The first answer to a POST with an idempotency key, kept until `expires_at`.

    `fingerprint` tells whether a later body is the same; `answer` is the routes' own text.
    """

    key: str
    fingerprint: str
    answer: str
    expires_at: str


# What a service calls with the record it is about to write, for the receipt to write with it.
ReceiptFor = Callable[[T], Receipt | None]


def no_receipt(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Quota:
    """How many writes may name `key`; it may be forgotten after `expires_at`, a store sees when."""

    key: str
    limit: int
    expires_at: str


class ProjectStore(Protocol):
    def get(self, project_id: str) -> Project | None:
        """The project as it is now, with its contacts, never an older one."""

    def owner(self, name_key: str) -> str | None:
        """The id of the project that has the name with this key."""

    def add(self, project: Project, receipt: Receipt | None = None) -> None:
        """Raises ReceiptExistsError, NameTakenError, IdTakenError, UnknownTechnologyError, in this order.

        No two contacts have one key.
        """

    def replace(self, before: Project, after: Project) -> None:
        """Puts `after` in the place of `before`, which was read; the id stays.

        Raises NotFoundError, VersionMismatchError, NameTakenError, UnknownTechnologyError, in this order.
        """

    def remove(self, before: Project) -> None:
        """Raises NotFoundError, VersionMismatchError."""

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[str]:
        """The projects as JSON, as models.project.project_document says them."""

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[str]:
        """The projects that list the e-mail address with this key, by id, as JSON."""


class TechnologyStore(Protocol):
    def get(self, technology_id: str) -> Technology | None:
        """The technology as it is now, never an older one, with its last SHOWN_MOVES moves."""

    def resolve(self, references: Iterable[str]) -> Mapping[str, Named]:
        """The technologies behind these references; a reference that means nobody is left out.

        What is exactly the id of a technology means that one, all else the one that has its name
        key among Technology.keys.
        What was renamed or removed may be told for a minute as it was; a write finds out.
        """

    def add(
        self, technology: Technology, receipt: Receipt | None = None, quota: Quota | None = None
    ) -> None:
        """Raises ReceiptExistsError, QuotaExceededError, NameTakenError, IdTakenError, in this order.

        An id is taken where it is another's id or one of its keys.
        """

    def replace(
        self, before: Technology, after: Technology, receipt: Receipt | None = None
    ) -> None:
        """Puts `after` in the place of `before`, which was read.

        The moves of `after` take the place of those of `before`; what is more than SHOWN_MOVES goes
        to the older ones, which stay. `project_count` and `move_count` are not written: the store
        counts for itself. Raises ReceiptExistsError, NotFoundError, VersionMismatchError,
        NameTakenError, in this order.
        """

    def remove(self, before: Technology) -> None:
        """Raises NotFoundError, VersionMismatchError, InUseError, in this order."""

    def absorb(self, before: Technology, first: Technology, after: Technology) -> None:
        """Puts `after` in the place of `before` and removes `first`; both were read.

        The names and the id of `first` may be among the names of `after`; whatever it had that `after`
        has not is gone. The name of `before` stays, and the moves of `after` are at most two times
        SHOWN_MOVES and one. Else as `replace`. Raises NotFoundError and VersionMismatchError of
        either, InUseError of `first`, NameTakenError, in this order.
        """

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[str]:
        """The technologies as JSON, as models.technology.technology_document says them."""

    def moves(self, technology_id: str, after: Position | None, limit: int) -> Page[Move] | None:
        """All moves, the newest first; None where there is no such technology.

        A position is the number of the last move that was given, counted from 0, the oldest.
        """

    def on_radar(self, *, all_rings: bool = False) -> Iterator[Technology]:
        """The technologies whose ring is on the radar, or all, by name, read as they are asked for.

        Their `project_count` says nothing.
        """


class DirectorateStore(Protocol):
    def get(self) -> Directorates:
        """All of them as they are now; none, of version 0, before the first write."""

    def replace(self, before: Directorates, after: Directorates) -> None:
        """Raises VersionMismatchError."""


class ReceiptStore(Protocol):
    def get(self, key: str, now: str) -> Receipt | None:
        """The receipt, unless it has expired by `now`."""


@dataclass(frozen=True, slots=True)
class Traces:
    """Where an e-mail address stands.

    `contacts` are the ids of the projects that list it, `projects` and `technologies` of the records
    that it wrote last. `moves` is how many a technology has that it is the author of. `receipts` are
    keys, `unfinished` names writes that were cut short or are under way. `texts` names the records
    in which people have written it into a text.
    """

    contacts: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    technologies: frozenset[str] = frozenset()
    moves: Mapping[str, int] = field(default_factory=dict)
    receipts: frozenset[str] = frozenset()
    unfinished: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


class PersonalData(Protocol):
    """E-mail addresses, by models.caller.email_key. For a command: a method may read the whole store."""

    def traces(self, key: str) -> Traces: ...

    def forget_older(self, technology_id: str, key: str) -> None:
        """Takes this author from the moves that the record of the technology no longer shows."""

    def remove_receipts(self, keys: Iterable[str]) -> None: ...

    def finish(self, unfinished: Iterable[str]) -> None:
        """Completes these writes or takes them back; a writer who is at work begins again."""


class Store(Protocol):
    @property
    def projects(self) -> ProjectStore: ...

    @property
    def technologies(self) -> TechnologyStore: ...

    @property
    def directorates(self) -> DirectorateStore: ...

    @property
    def receipts(self) -> ReceiptStore: ...

    def cursor_key(self) -> bytes:
        """The secret that signs cursors: made on first use, the same for ever after."""

    def firewall_values(self) -> tuple[str, ...]:
        """Those with which the firewall marks what it lets in; none where there is no firewall.

        Raises FirewallSecretError where what is stored as such cannot be used, UnavailableError.
        """

    def ping(self) -> None:
        """Reads one record; raises UnavailableError where that fails."""

    def personal_data(self) -> PersonalData: ...

    def finish(self, now: str) -> int:
        """Completes or takes back the writes that were cut short more than a minute before `now`.

        Returns how many there were.
        """
