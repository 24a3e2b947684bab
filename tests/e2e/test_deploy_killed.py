"""`make deploy`, killed after each AWS call in turn. The next run ends in the same state."""

import pytest

from tests.support.deployment import READS, Deployment

RUNS_AT_MOST = 250
# Phases with a command of their own: the path or name of their first change, and the command.
COMMANDS = {
    "/gatewayresponses/": ("gateway", "--stage", "dev"),
    "PutItem": ("firewall", "--stage", "dev", "--pace", "0"),
}


def sweep(deployment: Deployment, *, reads_too: bool) -> int:
    """Kills `make deploy` after each call in turn, until one run ends. Returns the number of kills.

    In a phase with a command of its own, only the first kill hits `make deploy`. The others hit the
    command, which makes the same calls and starts in a second.
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
    """No kill follows a call that only reads: the state is that after the change before it."""
    assert sweep(deployment, reads_too=False) > 50
    check_end(deployment)


@pytest.mark.soak
def test_killed_after_each_call_in_turn(deployment: Deployment) -> None:
    assert sweep(deployment, reads_too=True) > 80
    check_end(deployment)
