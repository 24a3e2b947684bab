"""The rules for technologies: one name space, and a history that only grows."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from chalicelib.errors import ConflictError, NotFoundError, VersionMismatchError
from chalicelib.models.caller import Caller
from chalicelib.models.page import Page, Position
from chalicelib.models.record import carry_rest
from chalicelib.models.technology import (
    SHOWN_MOVES,
    Move,
    Named,
    Technology,
    TechnologyQuery,
    rings_of,
)
from chalicelib.services.clock import Clock, timestamp
from chalicelib.services.ids import add_under_free_id, is_id, slug
from chalicelib.stores.port import Quota, ReceiptFor, TechnologyStore, no_receipt

TRIES = 50
NO_SUCH_TECHNOLOGY = "There is no technology with this id: GET /api/v1/technologies lists them"


class Technologies:
    def __init__(self, store: TechnologyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, query: TechnologyQuery, after: Position | None, limit: int) -> Page[str]:
        """The technologies as JSON."""
        return self._store.find(query, after, limit)

    def on_radar(self, *, all_rings: bool = False) -> Iterator[Technology]:
        """In order of name, read lazily; with `all_rings` also those that the radar hides."""
        return self._store.on_radar(all_rings=all_rings)

    def get(self, technology_id: str) -> Technology:
        """Raises NotFoundError."""
        technology = self._store.get(technology_id) if is_id(technology_id) else None
        if technology is None:
            raise NotFoundError(NO_SUCH_TECHNOLOGY)
        return technology

    def moves(self, technology_id: str, after: Position | None, limit: int) -> Page[Move]:
        """All moves, the newest first. Raises NotFoundError."""
        found = self._store.moves(technology_id, after, limit) if is_id(technology_id) else None
        if found is None:
            raise NotFoundError(NO_SUCH_TECHNOLOGY)
        return found

    def id_of(self, reference: str) -> str | None:
        """The id of the technology with this id, name or alias."""
        found = self.resolve([reference]).get(reference)
        return found.id if found else None

    def resolve(self, references: Iterable[str]) -> Mapping[str, Named]:
        """The technologies of names, aliases and ids; a reference without one is left out."""
        return self._store.resolve(dict.fromkeys(references))

    def create(
        self,
        draft: Technology,
        caller: Caller | None,
        receipt: ReceiptFor[Technology] = no_receipt,
        quota: Quota | None = None,
    ) -> Technology:
        """Writes a draft with its first moves.

        Raises NameTakenError, QuotaExceededError; ReceiptExistsError if the receipt's key was used.
        """
        now = timestamp(self._clock())

        def add(technology_id: str) -> Technology:
            made = replace(
                draft,
                id=technology_id,
                move_count=len(draft.moves),
                rings=rings_of(draft.moves),
                version=1,
                created_at=now,
                updated_at=now,
                updated_by=caller.author if caller else None,
            )
            self._store.add(made, receipt(made), quota)
            return _shown(made)

        return add_under_free_id(slug(draft.name, "technology"), add)

    def first_move(self, ring: str, caller: Caller) -> Move:
        return Move(ring, timestamp(self._clock()), caller.author)

    def replace(
        self,
        current: Technology,
        draft: Technology,
        caller: Caller | None,
        receipt: ReceiptFor[Technology] = no_receipt,
    ) -> Technology:
        """Replaces `current` with the draft. The id, the counts and unknown members stay.

        Raises NotFoundError, VersionMismatchError, NameTakenError; ReceiptExistsError if the receipt's
        key was used.
        """
        changed = replace(
            draft,
            moves=carry_rest(draft.moves, current.moves),
            id=current.id,
            rings={**current.rings, **rings_of(draft.moves)},
            held_ring=current.ring,
            project_count=current.project_count,
            move_count=current.move_count - len(current.moves) + len(draft.moves),
            version=current.version + 1,
            created_at=current.created_at,
            updated_at=timestamp(self._clock()),
            updated_by=caller.author if caller else None,
            rest=current.rest,
        )
        answer = _shown(changed)
        self._store.replace(current, changed, receipt(answer))
        return answer

    def add_category(self, technology_id: str, category: str) -> None:
        """Adds the category if it is missing. The version stays, so no reviewer's edit is refused."""
        for _ in range(TRIES):
            current = self._store.get(technology_id)
            if current is None or category in current.categories:
                break
            wanted = replace(current, categories=(*current.categories, category))
            with suppress(VersionMismatchError):
                self._store.replace(current, wanted)
                break

    def remove(self, current: Technology) -> None:
        """Raises NotFoundError, VersionMismatchError, InUseError."""
        self._store.remove(current)

    def move(
        self,
        technology_id: str,
        ring: str,
        note: str,
        caller: Caller,
        receipt: ReceiptFor[Technology] = no_receipt,
        directorate: int | None = None,
    ) -> Technology:
        """Adds a move by the caller, with the current time, behind all other moves.

        Repeats on a newer version, so concurrent writers lose no move.
        Raises NotFoundError; ReceiptExistsError if the receipt's key was used.
        """
        for _ in range(TRIES):
            current = self.get(technology_id)
            at = max(timestamp(self._clock()), current.moves[-1].at)
            move = Move(ring, at, caller.author, note, directorate)
            moved = replace(current, moves=(*current.moves, move))
            try:
                return self.replace(current, moved, caller, receipt)
            except VersionMismatchError:
                continue
        raise ConflictError(
            "Other requests moved this technology at the same time: send the request again"
        )


def _shown(technology: Technology) -> Technology:
    """As a read returns it: with its last moves."""
    return replace(technology, moves=technology.moves[-SHOWN_MOVES:])
