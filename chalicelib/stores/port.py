"""What the services need of a store. Every implementation passes tests/contract.

All writes are conditional and atomic: either everything a method names is written, its receipt
included, or nothing is. A store that cannot answer raises errors.UnavailableError.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chalicelib.models.page import Page, Position
from chalicelib.models.project import Contact, Project, ProjectQuery
from chalicelib.models.technology import Technology, TechnologyQuery

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


class ProjectStore(Protocol):
    def get(self, project_id: str) -> Project | None:
        """The project as it is now, never an older one."""

    def with_contacts(self, project_id: str) -> tuple[Project, tuple[Contact, ...]] | None:
        """The project and its contacts, in the order they were written, of one and this moment."""

    def owner(self, name_key: str) -> str | None:
        """The id of the project that has the name with this key."""

    def add(
        self, project: Project, contacts: Iterable[Contact], receipt: Receipt | None = None
    ) -> None:
        """Raises ReceiptExistsError, NameTakenError, IdTakenError, UnknownTechnologyError, in this order.

        No two contacts have one key.
        """

    def replace(
        self, project: Project, expected: int, contacts: Iterable[Contact] | None = None
    ) -> None:
        """Puts `project` (and, where given, its contacts) in the place of version `expected`.

        Raises NotFoundError, VersionMismatchError, NameTakenError, UnknownTechnologyError, in this order.
        """

    def remove(self, project_id: str, expected: int) -> None:
        """Raises NotFoundError, VersionMismatchError."""

    def find(self, query: ProjectQuery, after: Position | None, limit: int) -> Page[Project]: ...

    def of_contact(self, key: str, after: Position | None, limit: int) -> Page[Project]:
        """The projects that list the e-mail address with this key, by id."""


class TechnologyStore(Protocol):
    def get(self, technology_id: str) -> Technology | None:
        """The technology as it is now, never an older one."""

    def resolve(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The ids behind these keys (see Technology.keys); a key that nobody has is left out."""

    def names(self, technology_ids: Iterable[str]) -> Mapping[str, str]:
        """Today's names of these technologies; an id that nobody has is left out."""

    def add(self, technology: Technology, receipt: Receipt | None = None) -> None:
        """Raises ReceiptExistsError, NameTakenError, IdTakenError, in this order."""

    def replace(
        self, technology: Technology, expected: int, receipt: Receipt | None = None
    ) -> None:
        """Raises ReceiptExistsError, NotFoundError, VersionMismatchError, NameTakenError, in this order.

        `technology.project_count` is not written: the store counts for itself.
        """

    def remove(self, technology_id: str, expected: int) -> None:
        """Raises NotFoundError, VersionMismatchError, InUseError, in this order."""

    def find(
        self, query: TechnologyQuery, after: Position | None, limit: int
    ) -> Page[Technology]: ...


class ReceiptStore(Protocol):
    def get(self, key: str, now: str) -> Receipt | None:
        """The receipt, unless it has expired by `now`."""


class Store(Protocol):
    @property
    def projects(self) -> ProjectStore: ...

    @property
    def technologies(self) -> TechnologyStore: ...

    @property
    def receipts(self) -> ReceiptStore: ...

    def cursor_key(self) -> bytes:
        """The secret that signs cursors: made on first use, the same for ever after."""

    def firewall_values(self) -> tuple[str, ...]:
        """Those with which the firewall marks what it lets in; none where there is no firewall."""

    def check(self) -> None:
        """Reads one record; raises UnavailableError where that fails."""
