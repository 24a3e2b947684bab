"""`make deploy`, killed after each of its AWS calls in turn: run again, it ends in one API and the same state."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment
from tests.emulator import Emulator

RUNS_AT_MOST = 250
READS = re.compile(r"GET |HEAD |Describe|List|Get|BatchGet|Query")


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """On an emulated AWS of its own: these tests begin with nothing."""
    emulator = Emulator(tmp_path).start()
    found = Deployment(tmp_path, emulator)
    yield found
    found.stop()
    emulator.stop()


def sweep(deployment: Deployment, *, reads_too: bool) -> int:
    """Kills one run after another, each behind the first call behind which none was killed before.

    Until one gets through. How many were killed.
    """
    killed: set[str] = set()

    def is_new(what: str) -> bool:
        if what in killed or (not reads_too and READS.match(what)):
            return False
        killed.add(what)
        return True

    for run in range(RUNS_AT_MOST):
        code, output = deployment.deploy_until(is_new)
        assert code in (0, -9), output
        if code == 0:
            assert run == len(killed)
            return run
    raise AssertionError(f"no deploy got through after {RUNS_AT_MOST}: {sorted(killed)}")


def check_end(deployment: Deployment) -> None:
    assert len(deployment.own_apis()) == 1
    assert deployment.own_apis() == [deployment.api_id]
    assert {"api_handler", "expire", "rest_api"} <= set(deployment.record)
    assert not (deployment.project / ".chalice/deployed/dev.begun").exists()
    assert deployment.api.get("/health").json["type"].endswith(":not-listed")
    deployment.let_in()
    assert deployment.api.get("/health").status == 200
    assert deployment.api.get("/nowhere").status == 404
    deployment.run("gateway/configure.py", "--stage", "dev", "--status")
    said = deployment.run("tables/create.py", "--stage", "dev", "--dry-run")
    assert "would be done" not in said
    functions = deployment.emulator.client("lambda").list_functions()["Functions"]
    names = {function["FunctionName"] for function in functions}
    assert names == {"landscape-api-dev", "landscape-api-dev-expire"}
    assert "nothing to change" in deployment.run("waf/associate.py", "--stage", "dev")


def test_killed_after_each_change_in_turn(deployment: Deployment) -> None:
    """A kill behind a call that only reads leaves what a kill behind the change before it leaves."""
    assert sweep(deployment, reads_too=False) > 20
    check_end(deployment)


@pytest.mark.soak
def test_killed_after_each_call_in_turn(deployment: Deployment) -> None:
    assert sweep(deployment, reads_too=True) > 40
    check_end(deployment)


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
