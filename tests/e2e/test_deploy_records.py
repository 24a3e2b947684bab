"""`make deploy` where Chalice's record and what is in the account do not fit together."""

from tests.deployment import READS, Deployment


def test_an_api_without_a_record_is_adopted_only_when_told(deployment: Deployment) -> None:
    deployment.deploy()
    before = deployment.api_id
    record = deployment.project / ".chalice/deployed/dev.json"
    known = deployment.record
    record.unlink()
    said = deployment.deploy(expect=1)
    assert before in said
    assert "--adopt" in said
    assert len(deployment.own_apis()) == 1
    deployment.deploy("--adopt")
    assert deployment.own_apis() == [before]
    assert deployment.record == known


def test_several_apis_are_named_and_nothing_is_done(deployment: Deployment) -> None:
    deployment.deploy()
    (deployment.project / ".chalice/deployed/dev.json").unlink()
    deployment.run("chalice", "deploy", "--stage", "dev")
    apis = deployment.own_apis()
    assert len(apis) == 2
    calls = len(deployment.proxy.calls)
    said = deployment.deploy(expect=1)
    assert all(api_id in said for api_id in apis)
    assert all(READS.match(call) for call in deployment.proxy.calls[calls:])


def test_a_record_of_an_api_that_is_not_here_stops_the_deploy(deployment: Deployment) -> None:
    """Another account or region, most of the time: a deploy would make everything anew there."""
    deployment.deploy()
    deployment.emulator.client("apigateway").delete_rest_api(restApiId=deployment.api_id)
    said = deployment.deploy(expect=1)
    assert deployment.api_id in said
    assert "another account" in said
    assert deployment.own_apis() == []


def test_an_account_without_a_role_for_access_logs_is_told_before_anything_is_made(
    deployment: Deployment,
) -> None:
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}
    deployment.emulator.client("apigateway").update_account(patchOperations=[change])
    said = deployment.deploy(expect=1)
    assert "stopped at API" in said
    assert "docs/gateway.md" in said
    assert deployment.own_apis() == []
