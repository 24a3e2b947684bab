"""The output of the lists' commands at 80 columns."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from tests.support.allowlisting import Stage, stage_of
from tests.support.commands import invoke
from tests.support.emulator import Emulator
from tests.support.transcripts import EIGHTY_COLUMNS, hold
from waf.allowlist import app

SESSION = "arn:aws:sts::123456789012:assumed-role/landscape-operators/rita@example.org"
OTHER = "arn:aws:sts::123456789012:assumed-role/landscape-operators-of-another-team/rita"
USER = "arn:aws:iam::123456789012:user/operators/carl"
TIME = (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-01-01 12:00 UTC")
COMMANDS = [f"allow {name}" for name in getattr(get_command(app), "commands", {})]


@pytest.fixture
def stage(emulator: Emulator, tmp_path: Path) -> Iterator[Stage]:
    with stage_of(emulator, tmp_path) as stage:
        stage.make_sets(allow=["9.9.9.9/32"])
        stage.environment.update(EIGHTY_COLUMNS)
        yield stage


def test_the_lists_at_80_columns(stage: Stage) -> None:
    commands = (
        ("add", "8.8.8.0/24", "--owner", SESSION, "--note", "the office in Newport"),
        ("add", "8.8.8.8", "2a00:1450:4009:81f::200e", "--for", "7d", "--owner", OTHER),
        (
            "add",
            "8.8.4.4",
            "--permanent",
            "--owner",
            USER,
            "--note",
            "the audit tool's NAT gateway",
        ),
        ("add", "8.8.4.4"),
        ("deny", "8.8.8.66", "--owner", SESSION),
        ("add", "8.8.8.66", "--owner", SESSION, "--dry-run"),
        ("list",),
        ("check", "8.8.8.66"),
        ("check", "8.8.8.8"),
        ("remove", "8.8.8.0/24", "--dry-run"),
        ("remove", "8.8.8.8"),
        ("remove", "8.8.8.66"),
        ("flush",),
    )
    said = ""
    for command in commands:
        done = stage.run(*command)
        shown = " ".join(f"'{part}'" if " " in part else part for part in command)
        said += f"$ landscape allow {shown} --stage dev\n{done.stdout}{done.stderr}\n"
    hold("allow", said, TIME)


def test_owners_and_notes_of_a_list_are_folded_and_none_is_cut(stage: Stage) -> None:
    """Similar role names stay distinct, and session names are left out. --json has the whole ARN."""
    stage.said("add", "2a00:1450:4009:81f::200e", "--owner", SESSION)
    stage.said("add", "2a00:1450:4009:81f::200f", "--owner", OTHER, "--note", "a-note" * 20)
    said = "\n".join(line.rstrip() for line in stage.said("list").splitlines())
    assert "…" not in said
    assert "rita" not in said
    assert max(map(len, said.splitlines())) <= 80
    assert "in force, role/landscape-operators\n" in said
    assert "in force, role/landscape-operators-of-another-team:\n" in said
    assert "".join(said.split()).count("a-note") == 20
    owners = {each.get("owner") for each in stage.json("list")["entries"]}
    assert {SESSION, OTHER} <= owners


@pytest.mark.parametrize("command", [*COMMANDS, "firewall"])
def test_no_help_is_cut_at_80_columns_and_each_has_an_example(tmp_path: Path, command: str) -> None:
    done = invoke(*command.split(), "--help", cwd=tmp_path, environment=EIGHTY_COLUMNS)
    assert done.returncode == 0
    assert "…" not in done.stdout.replace("aws-waf-logs-…", "")
    assert f"Example: landscape {command}" in " ".join(done.stdout.split())
