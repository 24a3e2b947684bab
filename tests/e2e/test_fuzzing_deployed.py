"""The deployed API, behind its firewall and the emulated gateway, keeps the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import Deployment
from tests.support.fuzzing.run import DATA, EFFORT, USER, fuzz


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(tmp_path_factory.mktemp("fuzzed")) as deployment:
        deployment.audit.add_user(USER, "Admin")
        deployment.landscape.add_user(USER, "admin", "reviewer")
        deployment.deploy()
        deployment.let_in()
        deployment.run("firewall", "--stage", "dev", "--rate-limit", "1000000")
        deployment.run("load", "--stage", "dev", *DATA)
        yield deployment


def tokens(deployment: Deployment) -> dict[str, str]:
    return {
        "tech-audit-tool": deployment.audit.tokens(USER)["IdToken"],
        "digital-landscape": deployment.landscape.tokens(USER)["IdToken"],
    }


@pytest.mark.parametrize(("who", "options"), EFFORT)
def test_the_deployed_api_keeps_the_contract(
    deployed: Deployment, tmp_path: Path, who: str, options: tuple[str, ...]
) -> None:
    url = deployed.url_pattern.format(api=deployed.api_id)
    fuzz(url, tmp_path, options, tokens(deployed) if who == "admins" else {}, FUZZ_GATEWAY="1")
