"""The contract of receipts, of the key that signs cursors, and of the health check."""

import pytest

from chalicelib.errors import ReceiptExistsError
from chalicelib.stores.port import Store
from tests.contract.conftest import Opening
from tests.contract.samples import (
    LATER,
    NOW,
    TOMORROW,
    add_project,
    project,
    receipt,
    remove_project,
    replace_technology,
    technology,
)

NEXT_YEAR = "2027-01-04T03:04:05.678Z"


def test_a_receipt_is_kept_with_the_project_it_belongs_to(store: Store) -> None:
    add_project(store, project("sdx"), (), receipt())
    assert store.receipts.get("key", NOW) == receipt()


def test_a_receipt_is_kept_with_the_technology_it_belongs_to(store: Store) -> None:
    store.technologies.add(technology("python"), receipt())
    assert store.receipts.get("key", NOW) == receipt()


def test_a_receipt_is_kept_with_the_replacement_it_belongs_to(store: Store) -> None:
    store.technologies.add(technology("python"))
    replace_technology(store, technology("python", version=2), 1, receipt())
    assert store.receipts.get("key", NOW) == receipt()


def test_a_receipt_nobody_left_is_none(store: Store) -> None:
    assert store.receipts.get("key", NOW) is None


def test_a_receipt_keeps_every_character_of_its_answer(store: Store) -> None:
    left = receipt("kéy ☂")
    add_project(store, project("sdx"), (), left)
    assert store.receipts.get("kéy ☂", NOW) == left


def test_a_receipt_is_none_once_it_has_expired(store: Store) -> None:
    add_project(store, project("sdx"), (), receipt(expires_at=TOMORROW))
    assert store.receipts.get("key", LATER) is None


def test_the_key_of_an_expired_receipt_is_free(store: Store) -> None:
    add_project(store, project("sdx"), (), receipt(expires_at=TOMORROW))
    add_project(store, project("other", updated_at=LATER), (), receipt(expires_at=NEXT_YEAR))
    assert store.receipts.get("key", LATER) == receipt(expires_at=NEXT_YEAR)


def test_projects_and_technologies_share_the_keys(store: Store) -> None:
    add_project(store, project("sdx"), (), receipt())
    with pytest.raises(ReceiptExistsError):
        store.technologies.add(technology("python"), receipt())


def test_a_receipt_outlives_the_record_it_was_left_for(store: Store) -> None:
    add_project(store, project("sdx"), (), receipt())
    remove_project(store, "sdx", 1)
    assert store.receipts.get("key", NOW) == receipt()


def test_the_cursor_key_is_the_same_whenever_it_is_asked_for(store: Store, reopen: Opening) -> None:
    key = store.cursor_key()
    assert [store.cursor_key(), reopen().cursor_key()] == [key, key]


def test_the_cursor_key_is_long_enough_to_sign_with(store: Store) -> None:
    assert len(store.cursor_key()) >= 32


def test_two_stores_have_two_cursor_keys(new_store: Opening) -> None:
    assert new_store().cursor_key() != new_store().cursor_key()


def test_the_check_of_a_store_that_answers_says_nothing(store: Store) -> None:
    store.check()
