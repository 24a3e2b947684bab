"""A new store of every kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.stores.port import Store
from tests.contract.places import OPENERS, emulated
from tests.support.emulator import Emulator

Opening = Callable[[], Store]
# `make test` runs these modules over boto3, and `make soak` the others. The store uses both transports
# alike, and tests/unit/test_dynamodb_transports.py tests each call of both.
OVER_BOTO3 = {"test_projects", "test_races", "test_receipts"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "[dynamodb-boto3" in item.name and item.path.stem not in OVER_BOTO3:
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="module", params=OPENERS)
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    found: str = request.param
    with pytest.MonkeyPatch.context() as environment:
        if found.startswith("dynamodb"):
            emulator: Emulator = request.getfixturevalue("emulator")
            for name, value in emulated(emulator.url).items():
                environment.setenv(name, value)
        yield found


@pytest.fixture
def reopen(kind: str, tmp_path: Path) -> Opening:
    """Opens the store of this test: an empty one the first time, then the same one."""
    return lambda: OPENERS[kind](tmp_path)


@pytest.fixture
def store(reopen: Opening) -> Store:
    return reopen()


@pytest.fixture(scope="module")
def new_store(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """Opens another empty store each time, for a module or for hypothesis."""
    return lambda: OPENERS[kind](tmp_path_factory.mktemp(kind))
