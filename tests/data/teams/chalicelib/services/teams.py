"""The rules for teams."""

from dataclasses import replace

from chalicelib.errors import NotFoundError
from chalicelib.models.page import Page, Position
from chalicelib.models.team import Team, team_document, team_from, team_text
from chalicelib.models.text import as_json, name_key
from chalicelib.services.clock import Clock, timestamp
from chalicelib.services.ids import add_under_free_id, is_id, slug
from chalicelib.stores.port import ReceiptFor, TeamStore, no_receipt


class Teams:
    def __init__(self, store: TeamStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, after: Position | None, limit: int) -> Page[str]:
        """By name, as JSON."""
        page = self._store.find(after, limit)
        texts = (as_json(team_document(team_from(text))) for text in page.items)
        return Page(tuple(texts), page.next)

    def get(self, team_id: str) -> Team:
        """Raises NotFoundError."""
        text = self._store.get(team_id) if is_id(team_id) else None
        if text is None:
            raise NotFoundError("There is no team with this id")
        return team_from(text)

    def create(self, draft: Team, receipt: ReceiptFor[Team] = no_receipt) -> Team:
        """Raises ReceiptExistsError, ConflictError."""
        now = timestamp(self._clock())

        def add(team_id: str) -> Team:
            made = replace(draft, id=team_id, version=1, created_at=now)
            key = name_key(made.name)
            self._store.add(team_id, key, team_text(made), receipt(made), now)
            return made

        return add_under_free_id(slug(draft.name, "team"), add)
