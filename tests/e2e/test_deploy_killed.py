"""`make deploy`, killed after each of its AWS calls in turn: run again, it ends in one API and the same state."""

import pytest

from tests.support.deployment import READS, Deployment

RUNS_AT_MOST = 250
# By the first change of a phase of `make deploy`: the command that does no more than that phase.
COMMANDS = {
    "/gatewayresponses/": ("gateway", "--stage", "dev"),
    "PutItem": ("firewall", "--stage", "dev", "--pace", "0"),
}


def sweep(deployment: Deployment, *, reads_too: bool) -> int:
    """Kills `make deploy` behind each call in turn, until one gets through. How many were killed.

    A phase with a command of its own is killed once in `make deploy`, then as that command, which
    makes the same calls and starts in a second.
    """
    killed: list[str] = []

    def is_new(what: str) -> bool:
        if what in killed or (not reads_too and READS.match(what)):
            return False
        killed.append(what)
        return True

    def gets_through(command: tuple[str, ...]) -> bool:
        before = len(killed)
        assert before < RUNS_AT_MOST, killed
        code, output = deployment.run_until(is_new, *command)
        assert code in (0, -9), output
        assert (code == 0) == (len(killed) == before)
        return code == 0

    while not gets_through(deployment.deploy_command):
        for first, command in COMMANDS.items():
            if first in killed[-1]:
                while not gets_through(command):
                    pass
    return len(killed)


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
    assert sweep(deployment, reads_too=False) > 50
    check_end(deployment)


@pytest.mark.soak
def test_killed_after_each_call_in_turn(deployment: Deployment) -> None:
    assert sweep(deployment, reads_too=True) > 80
    check_end(deployment)
