"""The rules for technologies: one name space, a history that is only added to, births by project."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from chalicelib.errors import ConflictError, NameTakenError, NotFoundError, VersionMismatchError
from chalicelib.models.caller import Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.technology import (
    BORN_OF_A_PROJECT,
    QUADRANT_OF_CATEGORY,
    Move,
    Technology,
    TechnologyQuery,
)
from chalicelib.models.text import name_key
from chalicelib.services.clock import Clock, timestamp
from chalicelib.services.ids import add_under_free_id, is_id, slug
from chalicelib.stores.port import ReceiptFor, TechnologyStore, no_receipt

TRIES = 50
AT_ONCE = 100


class Technologies:
    def __init__(self, store: TechnologyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[Technology]:
        return self._store.find(query, after, limit)

    def all(self) -> Iterator[Technology]:
        """Every technology by name, read as it is asked for."""
        position = None
        while True:
            page = self._store.find(TechnologyQuery(), position, AT_ONCE)
            yield from page.items
            position = page.next
            if position is None:
                return

    def get(self, technology_id: str) -> Technology:
        """Raises NotFoundError."""
        technology = self._store.get(technology_id) if is_id(technology_id) else None
        if technology is None:
            raise NotFoundError("There is no technology with this id")
        return technology

    def id_of(self, reference: str) -> str | None:
        """The id of the technology with this id, name or alias."""
        key = name_key(reference)
        return self.resolve([key]).get(key)

    def resolve(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The ids behind keys of names, aliases and ids; a key that nobody has is left out."""
        return self._store.resolve(dict.fromkeys(keys))

    def names(self, technology_ids: Iterable[str]) -> Mapping[str, str]:
        return self._store.names(dict.fromkeys(technology_ids))

    def create(
        self, draft: Technology, caller: Caller | None, receipt: ReceiptFor[Technology] = no_receipt
    ) -> Technology:
        """Takes a draft with its first moves. Raises NameTakenError; ReceiptExistsError where a key was used."""
        now = timestamp(self._clock())

        def add(technology_id: str) -> Technology:
            made = replace(
                draft,
                id=technology_id,
                version=1,
                created_at=now,
                updated_at=now,
                updated_by=caller.email if caller else None,
            )
            self._store.add(made, receipt(made))
            return made

        return add_under_free_id(slug(draft.name, "technology"), add)

    def first_move(self, ring: str, caller: Caller) -> Move:
        return Move(ring, timestamp(self._clock()), caller.email)

    def replace(self, current: Technology, draft: Technology, caller: Caller | None) -> Technology:
        """Puts the draft in the place of `current`, whose id and count stay.

        Raises NotFoundError, VersionMismatchError, NameTakenError.
        """
        changed = replace(
            draft,
            id=current.id,
            project_count=current.project_count,
            version=current.version + 1,
            created_at=current.created_at,
            updated_at=timestamp(self._clock()),
            updated_by=caller.email if caller else None,
        )
        self._store.replace(changed, current.version)
        return changed

    def remove(self, current: Technology) -> None:
        """Raises NotFoundError, VersionMismatchError, InUseError."""
        self._store.remove(current.id, current.version)

    def move(
        self,
        technology_id: str,
        ring: str,
        note: str,
        caller: Caller,
        receipt: ReceiptFor[Technology] = no_receipt,
    ) -> Technology:
        """Adds a move, by the caller, now; behind all moves that are there.

        Whoever else writes at the same moment, no move is lost: on a newer version it tries again.
        Raises NotFoundError; ReceiptExistsError where a key was used.
        """
        for _ in range(TRIES):
            current = self.get(technology_id)
            now = timestamp(self._clock())
            at = max([now, *(move.at for move in current.moves)])
            moved = replace(
                current,
                moves=(*current.moves, Move(ring, at, caller.email, note)),
                version=current.version + 1,
                updated_at=now,
                updated_by=caller.email,
            )
            try:
                self._store.replace(moved, current.version, receipt(moved))
            except VersionMismatchError:
                continue
            return moved
        raise ConflictError(
            "Too many writers moved this technology at once: send the request again"
        )

    def ids_of(
        self,
        references: Mapping[str, str],
        caller: Caller | None,
        before_a_birth: Callable[[], None],
    ) -> dict[str, str]:
        """The id behind each reference; a technology that nobody knows is made, in ring review.

        `references` maps each to the category it is used in. `before_a_birth` may still object, by
        raising, before anything is made. Each birth stands on its own, so that
        repeating is harmless. Its author is None: who writes a project decides nothing about the
        radar, and the public list of moves is no place for a contact's address.
        """
        keys = {reference: name_key(reference) for reference in references}
        known = dict(self.resolve(keys.values()))
        if not known.keys() >= set(keys.values()):
            before_a_birth()
        for reference, category in references.items():
            key = keys[reference]
            if key not in known:
                known[key] = self._bear(reference, category, caller)
        return {reference: known[key] for reference, key in keys.items()}

    def _bear(self, name: str, category: str, caller: Caller | None) -> str:
        born = Technology(
            name=name,
            quadrant=QUADRANT_OF_CATEGORY.get(category, "supporting-tools"),
            moves=(Move("review", timestamp(self._clock()), None, BORN_OF_A_PROJECT),),
        )
        try:
            return self.create(born, caller).id
        except NameTakenError:  # somebody bore it a moment ago
            return self.id_of(name) or self._bear(name, category, caller)
