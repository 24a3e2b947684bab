"""The contract of directorates: one record, which the last reader replaces."""

from dataclasses import replace

import pytest

from chalicelib.errors import VersionMismatchError
from chalicelib.models.directorate import Directorate, Directorates
from chalicelib.services.clock import utc_now
from chalicelib.services.directorates import DirectorateRegister
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import NOW

FIRST = Directorates((Directorate(0, "Größe", "#1f77b4", default=True),), 1, NOW)
SECOND = Directorates((*FIRST.items, Directorate(1, "Campus", "#ff7f0e", enabled=False)), 2, NOW)


def test_what_was_written_is_read_through_another_opening(store: Store, reopen: Opening) -> None:
    assert store.directorates.get() == Directorates()
    store.directorates.replace(Directorates(), FIRST)
    store.directorates.replace(FIRST, SECOND)
    assert reopen().directorates.get() == SECOND


@pytest.mark.parametrize("before", [Directorates(), SECOND])
def test_who_read_another_version_is_refused(store: Store, before: Directorates) -> None:
    store.directorates.replace(Directorates(), FIRST)
    with pytest.raises(VersionMismatchError):
        store.directorates.replace(before, SECOND)
    assert store.directorates.get() == FIRST


def test_members_of_a_newer_release_are_kept(store: Store, reopen: Opening) -> None:
    """In the record and in each directorate, so that a rollback loses nothing."""
    newer = replace(FIRST, items=(replace(FIRST.items[0], rest={"b": 2}),), rest={"a": 1})
    store.directorates.replace(Directorates(), newer)
    register = DirectorateRegister(reopen().directorates, utc_now)
    register.replace(register.get(), FIRST)
    found = reopen().directorates.get()
    assert (found.version, found.rest, found.items[0].rest) == (2, {"a": 1}, {"b": 2})
