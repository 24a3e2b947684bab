"""The contract of receipts, of the key that signs cursors, and of the health check."""

from collections.abc import Callable

import pytest

from chalicelib.errors import ReceiptExistsError
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    LATER,
    NOW,
    TOMORROW,
    change,
    project,
    receipt,
    remove,
    technology,
)

RECEIPT = receipt("kéy ☂")


def write_a_project_that_goes(store: Store) -> None:
    store.projects.add(project("sdx"), RECEIPT)
    remove(store.projects, "sdx")


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.projects.add(project("sdx"), RECEIPT),
        lambda store: store.technologies.add(technology("new"), RECEIPT),
        lambda store: change(store.technologies, "python", RECEIPT),
        write_a_project_that_goes,
    ],
)
def test_a_receipt_is_kept_with_its_write_whatever_comes_after(
    store: Store, write: Callable[[Store], None]
) -> None:
    store.technologies.add(technology("python"))
    assert store.receipts.get(RECEIPT.key, NOW) is None
    write(store)
    assert store.receipts.get(RECEIPT.key, NOW) == RECEIPT
    with pytest.raises(ReceiptExistsError):
        store.technologies.add(technology("go"), RECEIPT)


def test_a_receipt_that_has_expired_is_none_and_its_key_is_free(store: Store) -> None:
    store.projects.add(project("sdx"), receipt(expires_at=TOMORROW))
    assert store.receipts.get("key", LATER) is None
    renewed = receipt(expires_at="2027-01-04T03:04:05.678Z")
    store.projects.add(project("other", updated_at=LATER), renewed)
    assert store.receipts.get("key", LATER) == renewed


def test_the_cursor_key_is_long_and_the_same_whenever_one_store_is_asked(
    store: Store, reopen: Opening, new_store: Opening
) -> None:
    key = store.cursor_key()
    assert [store.cursor_key(), reopen().cursor_key()] == [key, key]
    assert len(key) >= 32
    assert new_store().cursor_key() != key


def test_the_check_of_a_store_that_answers_says_nothing(store: Store) -> None:
    store.ping()
