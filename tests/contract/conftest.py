"""A fresh store of every kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.stores.port import Store
from tests.contract.places import OPENERS, emulated
from tests.support.emulator import Emulator

Opening = Callable[[], Store]
# Over boto3 the quick gate takes these modules, and the soak the others: to the store both ways to
# DynamoDB are one seam, which tests/unit/test_dynamodb_transports.py tries call by call.
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
    """Opens the store of this test: the first time an empty one, then the same again."""
    return lambda: OPENERS[kind](tmp_path)


@pytest.fixture
def store(reopen: Opening) -> Store:
    return reopen()


@pytest.fixture(scope="module")
def new_store(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Opening:
    """Opens another empty store each time: for what a module shares, and for hypothesis."""
    return lambda: OPENERS[kind](tmp_path_factory.mktemp(kind))
