"""The port: the methods that the services need of a store. Every implementation passes tests/contract.

Every write is conditional, and atomic for a reader of the record. Either everything that a method
names is written, its receipt included, or nothing is. A list may show a write a moment later.
A store that cannot answer raises errors.UnavailableError.

A write replaces or deletes the record that was read. It is refused if somebody has written since.
The store compares the record's `mark`: a record that is deleted and created again repeats versions.
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

    `fingerprint` identifies the request's body. The routes write and read `answer`.
    """

    key: str
    fingerprint: str
    answer: str
    expires_at: str


# Returns the receipt to write together with this record.
ReceiptFor = Callable[[T], Receipt | None]


def no_receipt(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` writes may name `key`. A store deletes the count some time after `expires_at`."""

    key: str
    limit: int
    expires_at: str


class ProjectStore(Protocol):
    def get(self, project_id: str) -> Project | None:
        """The current project with its contacts, never an older version."""

    def owner(self, name_key: str) -> str | None:
        """The id of the project that has the name with this key."""

    def add(self, project: Project, receipt: Receipt | None = None) -> None:
        """Raises ReceiptExistsError, NameTakenError, IdTakenError, UnknownTechnologyError, in this order.

        No two contacts may have the same key.
        """

    def replace(self, before: Project, after: Project) -> None:
        """Replaces `before`, which was read, with `after`; the id stays the same.

        Raises NotFoundError, VersionMismatchError, NameTakenError, UnknownTechnologyError, in this order.
        """

    def remove(self, before: Project) -> None:
        """Raises NotFoundError, VersionMismatchError."""

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[str]:
        """The projects, each as the JSON of models.project.project_document."""

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[str]:
        """The projects that list the e-mail address with this key, in order of id, as JSON."""


class TechnologyStore(Protocol):
    def get(self, technology_id: str) -> Technology | None:
        """The current technology with its last SHOWN_MOVES moves, never an older version."""

    def resolve(self, references: Iterable[str]) -> Mapping[str, Named]:
        """The technologies that these references name; a reference without one is left out.

        A reference that equals the id of a technology names it. Any other reference names the
        technology that has its name key among Technology.keys.
        The answer may be a minute old after a renaming or deletion; a write checks it again.
        """

    def add(
        self, technology: Technology, receipt: Receipt | None = None, quota: Quota | None = None
    ) -> None:
        """Raises ReceiptExistsError, QuotaExceededError, NameTakenError, IdTakenError, in this order.

        An id is taken if another technology has it as its id or as one of its keys.
        """

    def replace(
        self, before: Technology, after: Technology, receipt: Receipt | None = None
    ) -> None:
        """Replaces `before`, which was read, with `after`.

        The moves of `after` replace those of `before`. All but the last SHOWN_MOVES are added to the
        older ones, which stay. `project_count` and `move_count` are not written: the store counts.
        Raises ReceiptExistsError, NotFoundError, VersionMismatchError,
        NameTakenError, in this order.
        """

    def remove(self, before: Technology) -> None:
        """Raises NotFoundError, VersionMismatchError, InUseError, in this order."""

    def absorb(self, before: Technology, first: Technology, after: Technology) -> None:
        """Replaces `before` with `after` and deletes `first`; both were read.

        `after` may have the names and the id of `first` among its names. All else of `first` is
        deleted. `after` has the name of `before`, and at most 2 × SHOWN_MOVES + 1 moves. The other
        rules are those of `replace`. Raises NotFoundError and VersionMismatchError of
        either, InUseError of `first`, NameTakenError, in this order.
        """

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[str]:
        """The technologies, each as the JSON of models.technology.technology_document."""

    def moves(self, technology_id: str, after: Position | None, limit: int) -> Page[Move] | None:
        """All moves, the newest first; None if the technology was not found.

        A position is the number of the last move of the page before. The oldest move has number 0.
        """

    def on_radar(self, *, all_rings: bool = False) -> Iterator[Technology]:
        """The technologies whose ring is on the radar, or all, in order of name. Reads lazily.

        Their `project_count` is undefined.
        """


class DirectorateStore(Protocol):
    def get(self) -> Directorates:
        """The current directorates; none, with version 0, before the first write."""

    def replace(self, before: Directorates, after: Directorates) -> None:
        """Raises VersionMismatchError."""


class ReceiptStore(Protocol):
    def get(self, key: str, now: str) -> Receipt | None:
        """The receipt, unless it has expired by `now`."""


@dataclass(frozen=True, slots=True)
class Traces:
    """The places that hold an e-mail address.

    `contacts` are the ids of the projects that list it. `projects` and `technologies` are the ids of
    the records whose last writer it is. `moves` counts its moves, by id of technology. `receipts` are
    keys. `unfinished` names writes that were interrupted or are running. `texts` names the records
    that have it in a text.
    """

    contacts: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    technologies: frozenset[str] = frozenset()
    moves: Mapping[str, int] = field(default_factory=dict)
    receipts: frozenset[str] = frozenset()
    unfinished: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()


class PersonalData(Protocol):
    """E-mail addresses, by models.caller.email_key. Only for commands: it may read the whole store."""

    def traces(self, key: str) -> Traces: ...

    def forget_older(self, technology_id: str, key: str) -> None:
        """Removes this author from the moves that the technology's record no longer shows."""

    def remove_receipts(self, keys: Iterable[str]) -> None: ...

    def finish(self, unfinished: Iterable[str]) -> None:
        """Completes these writes or rolls them back; a writer that is still running starts again."""


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
        """The secret that signs cursors: created on first use, and never changed."""

    def firewall_values(self) -> tuple[str, ...]:
        """The header values that the firewall adds to allowed requests; none without a firewall.

        Raises FirewallSecretError if the stored values are invalid, UnavailableError.
        """

    def ping(self) -> None:
        """Reads one record. Raises UnavailableError if that fails."""

    def personal_data(self) -> PersonalData: ...

    def finish(self, now: str) -> int:
        """Completes or rolls back the writes that were interrupted more than a minute before `now`.

        Returns their number.
        """
