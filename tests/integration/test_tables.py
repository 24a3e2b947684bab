"""`landscape table` as an operator runs it, against an emulated AWS."""

import os
import subprocess
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Checkout, program_of
from tests.support.emulator import Emulator, environment_at, write_stage

_numbers = count(1)
AS_WANTED = {
    "keys": [("pk", "HASH"), ("sk", "RANGE")],
    "billing": "PAY_PER_REQUEST",
    "protected": True,
    "recovery": "ENABLED",
    "ttl": ("ENABLED", "ttl"),
}


@dataclass(frozen=True)
class Register(Checkout):
    """A checkout whose stage dev keeps its register in the table `name`."""

    name: str

    @property
    def client(self) -> Any:
        return self.emulator.client("dynamodb")

    def settings(self) -> dict[str, Any]:
        of = {"TableName": self.name}
        table = self.client.describe_table(**of)["Table"]
        backups = self.client.describe_continuous_backups(**of)["ContinuousBackupsDescription"]
        ttl = self.client.describe_time_to_live(**of)["TimeToLiveDescription"]
        return {
            "keys": [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]],
            "billing": table["BillingModeSummary"]["BillingMode"],
            "protected": table["DeletionProtectionEnabled"],
            "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            "ttl": (ttl["TimeToLiveStatus"], ttl.get("AttributeName")),
        }


@pytest.fixture
def register(emulator: Emulator, tmp_path: Path) -> Register:
    name = f"register-{os.getpid()}-{next(_numbers)}"
    write_stage(tmp_path, "x", name)
    return Register("table", tmp_path, emulator, name)


def test_twice_gives_the_same_table_and_a_dry_run_none(register: Register) -> None:
    due = ["table", "point-in-time recovery", "time to live"]
    assert register.due("--dry-run") == register.due("--status", expect=3) == due
    assert register.name not in register.client.list_tables()["TableNames"]
    assert register.due() == due
    assert register.settings() == AS_WANTED
    assert register.due() == register.due("--status") == []
    assert register.settings() == AS_WANTED


def test_what_was_changed_by_hand_is_put_right(register: Register) -> None:
    register.due()
    off, of = {"PointInTimeRecoveryEnabled": False}, {"TableName": register.name}
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    provisioned = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    register.client.update_table(**of, DeletionProtectionEnabled=False, **provisioned)
    register.client.update_continuous_backups(**of, PointInTimeRecoverySpecification=off)
    no_ttl = {"Enabled": False, "AttributeName": "ttl"}
    register.client.update_time_to_live(**of, TimeToLiveSpecification=no_ttl)
    due = ["capacity", "deletion protection", "point-in-time recovery", "time to live"]
    assert register.due() == due
    assert register.settings() == AS_WANTED


def test_a_table_of_another_shape_is_left_alone(register: Register) -> None:
    register.client.create_table(
        TableName=register.name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    before = register.client.describe_table(TableName=register.name)["Table"]
    assert f"{register.name} is another table: its keys are not pk and sk" in register.run(expect=1)
    assert register.client.describe_table(TableName=register.name)["Table"] == before


def test_two_at_the_same_moment_make_one_table(register: Register) -> None:
    both = [
        subprocess.Popen(
            [*program_of("table"), "--stage", "dev"],
            cwd=register.path,
            env=environment_at(register.emulator.url),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ended = [(process.communicate()[1], process.returncode) for process in both]
    assert ended == [("", 0), ("", 0)]
    assert register.settings() == AS_WANTED


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"LANDSCAPE_STORE_URL": "sqlite:"}, "names no table: write it like dynamodb://"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"},
            "Could not connect to the endpoint URL",
        ),
    ],
)
def test_what_is_in_the_way_is_said(register: Register, setting: dict[str, str], said: str) -> None:
    assert said in register.run(expect=1, **setting)
