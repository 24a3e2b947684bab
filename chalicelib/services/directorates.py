"""The rules for directorates: a move or a radar must name an enabled one."""

from dataclasses import replace

from chalicelib.errors import Flaw, InvalidError
from chalicelib.models.directorate import Directorates
from chalicelib.models.record import carry_rest
from chalicelib.services.clock import Clock, timestamp
from chalicelib.stores.port import DirectorateStore


class DirectorateRegister:
    def __init__(self, store: DirectorateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def get(self) -> Directorates:
        return self._store.get()

    def replace(self, current: Directorates, wanted: Directorates) -> Directorates:
        """Raises VersionMismatchError."""
        changed = replace(
            wanted,
            items=carry_rest(wanted.items, current.items),
            rest=current.rest,
            version=current.version + 1,
            updated_at=timestamp(self._clock()),
        )
        self._store.replace(current, changed)
        return changed

    def own_radar(self, directorate: int | None) -> int | None:
        """The directorate whose rings count; None for the default one, or if none is given.

        Raises InvalidError if no enabled directorate has this id.
        """
        if directorate is None:
            return None
        items = self._store.get().items
        found = next((each for each in items if each.id == directorate and each.enabled), None)
        if found is None:
            known = ", ".join(str(each.id) for each in items if each.enabled) or "none yet"
            raise InvalidError(
                Flaw("/directorate", f"is not an enabled directorate. Enabled: {known}")
            )
        return None if found.default else directorate
