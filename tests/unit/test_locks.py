"""The locks: what the Lambda, the container, the developers and the tests install."""

import re

import pytest

from tests.support.api import ROOT
from tests.support.locks import LOCKS, versions


@pytest.mark.parametrize("source", LOCKS)
def test_every_package_is_installed_by_hash(source: str) -> None:
    packages = re.findall(r"(?m)^[\w.-]+==(?:.*\\\n)+.*", LOCKS[source].read_text())
    assert len(packages) == sum(map(len, versions(LOCKS[source]).values())) > 0
    assert [each for each in packages if "--hash=sha256:" not in each] == []


@pytest.mark.parametrize("source", LOCKS)
def test_a_lock_has_the_versions_that_its_source_names(source: str) -> None:
    """After a change of requirements/*.in: `make lock`."""
    locked = versions(LOCKS[source])
    for name, version in versions(ROOT / "requirements" / source).items():
        assert version <= locked[name], f"{name}: run `make lock`"


@pytest.mark.parametrize("source", ["lambda.in", "run.in", "container.in"])
def test_what_ships_is_what_the_tests_run_on(source: str) -> None:
    tested = versions(LOCKS["dev.in"])
    for name, version in versions(LOCKS[source]).items():
        assert version == tested[name], f"{name}: run `make lock`"
