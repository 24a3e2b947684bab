"""tables/create.py as an operator runs it, against an emulated AWS."""

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.contract.places import emulated
from tests.emulator import Emulator, write_stage
from tests.support import ROOT

_numbers = count(1)


@dataclass(frozen=True)
class Register:
    """A checkout whose stage dev keeps its register in the table `name`."""

    path: Path
    name: str
    emulator: Emulator

    def start(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "tables/create.py"), "--stage", "dev", *options],
            cwd=self.path,
            env={**os.environ, **emulated(self.emulator.url), "COLUMNS": "120", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with self.start(*options, **environment) as process:
            output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def create(self, *options: str) -> list[tuple[str, str]]:
        """What was done of each thing."""
        done = self.run(*options)
        assert done.returncode == 0, done.stderr
        said = ("nothing to do", "would be done", "done")
        lines = [line.strip() for line in done.stdout.splitlines()[2:] if line.strip()]
        ends = [next(end for end in said if line.endswith(end)) for line in lines]
        return [(line.split("  ")[0], end) for line, end in zip(lines, ends, strict=True)]

    @property
    def client(self) -> Any:
        return self.emulator.client("dynamodb")

    @property
    def names(self) -> list[str]:
        found: list[str] = self.client.list_tables()["TableNames"]
        return found

    def settings(self) -> dict[str, Any]:
        of = {"TableName": self.name}
        table = self.client.describe_table(**of)["Table"]
        backups = self.client.describe_continuous_backups(**of)["ContinuousBackupsDescription"]
        ttl = self.client.describe_time_to_live(**of)["TimeToLiveDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        return {
            "keys": [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]],
            "billing": table["BillingModeSummary"]["BillingMode"],
            "protected": table["DeletionProtectionEnabled"],
            "recovery": recovery,
            "ttl": (ttl["TimeToLiveStatus"], ttl.get("AttributeName")),
        }


AS_WANTED = {
    "keys": [("pk", "HASH"), ("sk", "RANGE")],
    "billing": "PAY_PER_REQUEST",
    "protected": True,
    "recovery": "ENABLED",
    "ttl": ("ENABLED", "ttl"),
}


@pytest.fixture
def register(emulator: Emulator, tmp_path: Path) -> Register:
    name = f"register-{os.getpid()}-{next(_numbers)}"
    write_stage(tmp_path, "x", name)
    return Register(tmp_path, name, emulator)


def test_twice_gives_the_same_table(register: Register) -> None:
    assert register.create() == [
        ("table", "done"),
        ("point-in-time recovery", "done"),
        ("time to live", "done"),
    ]
    assert register.settings() == AS_WANTED
    assert {end for _, end in register.create()} == {"nothing to do"}
    assert register.settings() == AS_WANTED


def test_a_dry_run_makes_nothing(register: Register) -> None:
    assert {end for _, end in register.create("--dry-run")} == {"would be done"}
    assert register.name not in register.names


def test_what_was_switched_off_by_hand_is_switched_on_again(register: Register) -> None:
    register.create()
    of = {"TableName": register.name}
    register.client.update_table(**of, DeletionProtectionEnabled=False)
    register.client.update_continuous_backups(
        **of, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    register.client.update_time_to_live(
        **of, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )
    assert register.settings() != AS_WANTED
    assert register.create() == [
        ("table", "nothing to do"),
        ("capacity", "nothing to do"),
        ("deletion protection", "done"),
        ("point-in-time recovery", "done"),
        ("time to live", "done"),
    ]
    assert register.settings() == AS_WANTED


def test_a_table_with_provisioned_capacity_becomes_one_on_demand(register: Register) -> None:
    register.create()
    register.client.update_table(
        TableName=register.name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    assert ("capacity", "done") in register.create()
    assert register.settings() == AS_WANTED


def test_a_table_of_another_shape_is_left_alone(register: Register) -> None:
    register.client.create_table(
        TableName=register.name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    of = {"TableName": register.name}
    before = register.client.describe_table(**of)["Table"]
    done = register.run()
    assert done.returncode == 1
    assert f"{register.name} is another table: its keys are not pk and sk" in done.stderr
    assert register.client.describe_table(**of)["Table"] == before


def test_items_that_expire_by_another_attribute_are_said_before_any_change(
    register: Register,
) -> None:
    register.create()
    of = {"TableName": register.name}
    register.client.update_table(**of, DeletionProtectionEnabled=False)
    expiry = {"Enabled": True, "AttributeName": "expires"}
    register.client.update_time_to_live(**of, TimeToLiveSpecification=expiry)
    before = register.settings()
    done = register.run()
    assert done.returncode == 1
    assert "Enabled=false,AttributeName=expires" in done.stderr
    assert register.settings() == before


def test_two_at_the_same_moment_make_one_table(register: Register) -> None:
    both = [register.start(), register.start()]
    ended = [(process.communicate()[1], process.returncode) for process in both]
    assert ended == [("", 0), ("", 0)]
    assert register.settings() == AS_WANTED


def test_a_register_that_is_kept_elsewhere_has_no_table(register: Register) -> None:
    done = register.run(LANDSCAPE_STORE_URL="sqlite:")
    assert done.returncode == 1
    assert "it has no table" in done.stderr


def test_an_aws_that_cannot_be_reached_is_named(register: Register) -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    done = register.run(**nowhere)
    assert done.returncode == 1
    assert "Could not connect to the endpoint URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_restored_table_gets_back_what_a_restore_leaves_behind(register: Register) -> None:
    """As docs/operations.md has it: another table, which the stage is then pointed to."""
    register.create()
    item = {"pk": {"S": "PROJECT#kept"}, "sk": {"S": "."}}
    register.client.put_item(TableName=register.name, Item=item)
    restored = Register(register.path, f"{register.name}-restored", register.emulator)
    register.client.restore_table_to_point_in_time(
        SourceTableName=register.name,
        TargetTableName=restored.name,
        UseLatestRestorableTime=True,
    )
    assert restored.settings() != AS_WANTED
    done = restored.run(LANDSCAPE_STORE_URL=f"dynamodb://{restored.name}")
    assert done.returncode == 0, done.stderr
    assert restored.settings() == AS_WANTED
    assert restored.client.scan(TableName=restored.name)["Items"] == [item]
