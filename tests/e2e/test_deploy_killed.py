"""`make deploy`, killed after each of its AWS calls in turn: run again, it ends in one API and the same state."""

import re

import pytest

from tests.support.deployment import READS, Deployment

RUNS_AT_MOST = 250
RESPONSE = re.compile(r"(?<=/gatewayresponses/)\w+")


def sweep(deployment: Deployment, *, reads_too: bool) -> int:
    """Kills one run after another, each behind the first call behind which none was killed before.

    Until one gets through. How many were killed. Without the reads, one gateway response stands for all.
    """
    killed: set[str] = set()

    def is_new(what: str) -> bool:
        if not reads_too:
            what = RESPONSE.sub("…", what)
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
    assert deployment.own_apis() == [deployment.api_id]
    assert {"api_handler", "expire", "finish", "rest_api"} <= set(deployment.record)
    assert not (deployment.project / ".chalice/deployed/dev.begun").exists()
    assert deployment.api.get("/health").json["type"].endswith(":not-listed")
    deployment.let_in()
    assert deployment.api.get("/health").status == 200
    assert deployment.api.get("/nowhere").status == 404
    for command in ("table", "gateway", "firewall"):
        deployment.run(command, "--stage", "dev", "--status")
    functions = deployment.emulator.client("lambda").list_functions()["Functions"]
    names = {function["FunctionName"] for function in functions}
    assert names == {f"landscape-api-dev{suffix}" for suffix in ("", "-expire", "-finish")}


def test_killed_after_each_change_in_turn(deployment: Deployment) -> None:
    """A kill behind a call that only reads leaves what a kill behind the change before it leaves."""
    assert sweep(deployment, reads_too=False) > 20
    check_end(deployment)


@pytest.mark.soak
def test_killed_after_each_call_in_turn(deployment: Deployment) -> None:
    assert sweep(deployment, reads_too=True) > 40
    check_end(deployment)
