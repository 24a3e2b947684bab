"""`make deploy` where the account, what is in it and Chalice's record do not fit together."""

from collections.abc import Iterator

import pytest

from tests.support.deployment import READS, Deployment, allow_access_logs


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Each test leaves the next one a deployment that can be brought into disorder."""
    with Deployment(tmp_path_factory.mktemp("records")) as deployment:
        deployment.deploy()
        yield deployment


def refused(deployed: Deployment) -> str:
    """What a deploy says that changes nothing."""
    calls, apis = len(deployed.proxy.calls), deployed.own_apis()
    said = deployed.deploy(expect=1)
    assert "stopped at API" in said
    assert all(READS.match(call) for call in deployed.proxy.calls[calls:])
    assert deployed.own_apis() == apis
    return said


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
    deployed.deploy("--adopt")
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
    """Another account or region, most of the time: a deploy would make everything anew there."""
    deployed.emulator.client("apigateway").delete_rest_api(restApiId=deployed.api_id)
    said = refused(deployed)
    assert deployed.api_id in said
    assert "another account" in said
