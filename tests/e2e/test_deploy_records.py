"""`make deploy` where the account, its resources and Chalice's record contradict each other."""

from collections.abc import Iterator

import pytest

from ops.console import UNPROVEN
from tests.support.deployment import READS, Deployment, allow_access_logs

NOWHERE = ("--checkip-url", "http://127.0.0.1:1/")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Every test leaves a deployment that works, for the next test to change."""
    with Deployment(tmp_path_factory.mktemp("records")) as deployment:
        said = deployment.deploy(*NOWHERE, expect=UNPROVEN)
        assert "unproven" in said.splitlines()[-1]
        yield deployment


def refused(deployed: Deployment) -> str:
    """The output of a deploy that is refused. Asserts that it changed nothing."""
    calls, apis = len(deployed.proxy.calls), deployed.own_apis()
    said = deployed.deploy(expect=1)
    assert "stopped at API" in said
    assert all(READS.match(call) for call in deployed.proxy.calls[calls:])
    assert deployed.own_apis() == apis
    return said


def test_what_is_unproven_stands_and_is_the_release(deployed: Deployment) -> None:
    deployed.run("firewall", "--stage", "dev", "--status")
    deployed.run("gateway", "--stage", "dev", "--status")
    assert "version 1 is the first release: there is no older release" in deployed.run(
        "rollback", "--stage", "dev", expect=1
    )


def test_an_account_without_a_role_for_logs_is_told_beforehand(deployed: Deployment) -> None:
    allow_access_logs(deployed.emulator, role="")
    assert "docs/gateway.md" in refused(deployed)
    allow_access_logs(deployed.emulator)


def test_an_api_without_a_record_is_adopted_only_when_told(deployed: Deployment) -> None:
    before, known = deployed.api_id, deployed.record
    deployed.record_path.unlink()
    said = refused(deployed)
    assert before in said
    assert "--adopt" in said
    assert "changed  nothing" in deployed.deploy("--adopt")
    assert deployed.own_apis() == [before]
    assert deployed.record == known


def test_several_apis_are_named_and_nothing_is_done(deployed: Deployment) -> None:
    deployed.record_path.unlink()
    deployed.run("chalice", "deploy", "--stage", "dev")
    apis = deployed.own_apis()
    assert len(apis) == 2
    said = refused(deployed)
    assert all(api_id in said for api_id in apis)


def test_a_record_of_an_api_that_is_not_here_stops_the_deploy(deployed: Deployment) -> None:
    """Usually the account or the region is wrong. A deploy would create everything again there."""
    deployed.emulator.client("apigateway").delete_rest_api(restApiId=deployed.api_id)
    said = refused(deployed)
    assert deployed.api_id in said
    assert "check the account (AWS_PROFILE)" in said
