"""`landscape table` where a table is in another state, busy, or created by someone else meanwhile.

botocore's Stubber answers, because an emulated table is ACTIVE at once and never busy.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.retries import PendingError
from ops.steps import StepError, carry_out
from ops.table import create
from ops.table.live import LiveTable, TableError
from tests.support.stubbed_aws import StubbedAws

NAME = "landscape-dev"
Fields = dict[str, Any]
PAUSE, ATTEMPTS = 2.0, 151
TABLE = {
    "KeySchema": create.KEYS,
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "DeletionProtectionEnabled": True,
}
ON = {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
BY_ANOTHER = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
MISSING = ("describe_table", "ResourceNotFoundException")


class Aws(StubbedAws):
    def __init__(self) -> None:
        super().__init__("dynamodb")
        self.live = LiveTable(self.clients[0], NAME, self.slept.append)

    def table(self, *statuses: str, **differing: Any) -> None:
        for status in statuses:
            table = {**TABLE, **differing, "TableStatus": status}
            self.answers("describe_table", {"Table": table}, {"TableName": NAME})

    def extras(self, ttl: dict[str, str]) -> None:
        """Point-in-time recovery is on."""
        recovery = {"PointInTimeRecoveryStatus": "ENABLED"}
        found = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}
        self.answers("describe_continuous_backups", {"ContinuousBackupsDescription": found})
        self.ttl(ttl)

    def ttl(self, found: dict[str, str]) -> None:
        self.answers("describe_time_to_live", {"TimeToLiveDescription": found})

    def run(self, *wanted: str) -> None:
        """Runs the steps with these names, or all steps."""
        planned = [*create.plan(self.live, "dev")]
        carry_out([step for step in planned if not wanted or step.what in wanted])


@pytest.fixture
def aws() -> Iterator[Aws]:
    with Aws() as made:
        yield made


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("DELETING", "landscape-dev is being deleted: wait, and run the command again"),
        ("ARCHIVED", "is ARCHIVED, because DynamoDB cannot use the KMS key"),
        ("ARCHIVING", "is ARCHIVING: for a week"),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "is INACCESSIBLE_ENCRYPTION_CREDENTIALS: "),
        ("REPLICATION_NOT_AUTHORIZED", "is REPLICATION_NOT_AUTHORIZED, and only an ACTIVE"),
    ],
)
@pytest.mark.parametrize("waits", [0, 2])
def test_a_lasting_state_is_refused(aws: Aws, status: str, said: str, waits: int) -> None:
    aws.table(*["UPDATING"] * waits, status)
    with pytest.raises(TableError, match=said):
        aws.run()
    assert len(aws.slept) == max(0, waits - 1)


def test_a_table_in_the_making_is_waited_for(aws: Aws) -> None:
    aws.table("CREATING", "CREATING")
    aws.refuses(*MISSING)
    aws.table("ACTIVE")
    aws.extras(ON)
    aws.run()
    assert aws.slept == [PAUSE, PAUSE]


def test_a_table_that_never_becomes_active_is_given_up(aws: Aws) -> None:
    aws.table(*["CREATING"] * (1 + ATTEMPTS))
    with pytest.raises(PendingError, match="is not ACTIVE after 300 seconds"):
        aws.run()
    assert sum(aws.slept) == 300


def test_a_busy_table_is_asked_again(aws: Aws) -> None:
    aws.table("ACTIVE", DeletionProtectionEnabled=False)
    aws.extras(ON)
    for code in ("ResourceInUseException", "LimitExceededException", "ThrottlingException"):
        aws.refuses("update_table", code, "Subscriber limit exceeded: …", times=2)
    aws.answers("update_table")
    aws.table("UPDATING", "ACTIVE")
    aws.run()
    assert aws.slept == [PAUSE] * 7


@pytest.mark.parametrize(
    ("code", "message", "times"),
    [
        ("ResourceInUseException", "", ATTEMPTS),
        ("LimitExceededException", "Update to PayPerRequest mode is limited to 4 in 1 day(s)", 1),
        ("AccessDeniedException", "", 1),
    ],
)
def test_a_refusal_that_stays_is_an_error(aws: Aws, code: str, message: str, times: int) -> None:
    aws.table("ACTIVE", BillingModeSummary={"BillingMode": "PROVISIONED"})
    aws.extras(ON)
    aws.refuses("update_table", code, message, times)
    with pytest.raises(StepError, match=f"capacity: .*{code}"):
        aws.run()
    assert len(aws.slept) == times - 1


def test_what_a_new_table_is_given_waits_until_it_is_free(aws: Aws) -> None:
    aws.refuses(*MISSING)
    for code in ("ContinuousBackupsUnavailableException", "ThrottlingException"):
        aws.refuses("update_continuous_backups", code)
    recovery = {"PointInTimeRecoveryEnabled": True}
    wanted = {"TableName": NAME, "PointInTimeRecoverySpecification": recovery}
    aws.answers("update_continuous_backups", {}, wanted)
    aws.refuses("update_time_to_live", "ResourceInUseException")
    aws.answers("update_time_to_live")
    aws.run("point-in-time recovery", "time to live")
    assert aws.slept == [PAUSE] * 3


@pytest.mark.parametrize(
    ("statuses", "differing", "said"),
    [
        (("CREATING", "ACTIVE"), {}, ""),
        (("DELETING",), {}, "being deleted"),
        (("ACTIVE",), {"KeySchema": create.KEYS[:1]}, "is another table"),
    ],
)
def test_a_table_that_somebody_else_made_meanwhile_is_there_or_is_refused(
    aws: Aws, statuses: tuple[str, ...], differing: Fields, said: str
) -> None:
    aws.refuses(*MISSING)
    aws.refuses("create_table", "ResourceInUseException")
    aws.table(*statuses, **differing)
    refused = pytest.raises(StepError, match=f"^table: .*{said}")
    with refused if said else nullcontext():
        aws.run("table")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (BY_ANOTHER, "Nothing was changed. Disable it .*AttributeName=expires.* up to an hour"),
        ({**BY_ANOTHER, "TimeToLiveStatus": "ENABLING"}, "expire by the attribute expires"),
        ({**ON, "TimeToLiveStatus": "DISABLING"}, "up to an hour. It cannot be enabled before"),
    ],
)
def test_a_ttl_that_cannot_be_switched_is_said(aws: Aws, found: dict[str, str], said: str) -> None:
    """The error comes before any change."""
    aws.table("ACTIVE", DeletionProtectionEnabled=False)
    aws.extras(found)
    with pytest.raises(TableError, match=said):
        aws.run()


def test_a_ttl_is_refused_unless_somebody_else_enabled_it(aws: Aws) -> None:
    aws.refuses("update_time_to_live", "ValidationException", "TimeToLive is already enabled")
    aws.ttl(ON)
    create.enable_ttl(aws.live)
    aws.refuses("update_time_to_live", "ValidationException", "no such attribute")
    aws.ttl({"TimeToLiveStatus": "DISABLED"})
    with pytest.raises(ClientError, match="no such attribute"):
        create.enable_ttl(aws.live)
