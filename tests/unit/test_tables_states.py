"""tables/create.py where a table is in another state, busy, or made by somebody else meanwhile.

By botocore's Stubber: an emulated table is ACTIVE at once and always free.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import create
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from live_table import PAUSE, TRIES, LiveTable, TableError

from operators.steps import StepError, carry_out
from tests.emulator import CREDENTIALS, REGION

NAME = "landscape-dev"
TABLE = {
    "KeySchema": create.KEYS,
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "DeletionProtectionEnabled": True,
}
OFF = {"TimeToLiveStatus": "DISABLED"}
ON = {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
BY_ANOTHER = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


class Aws:
    """Answers in this order and no other, and the seconds that were slept between them."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb", region_name=REGION, **CREDENTIALS)
        self.stubber = Stubber(self.client)
        self.slept: list[float] = []

    def table(self, *statuses: str, **differing: Any) -> None:
        for status in statuses:
            table = {**TABLE, **differing, "TableStatus": status}
            self.stubber.add_response("describe_table", {"Table": table}, {"TableName": NAME})

    def refuses(self, operation: str, code: str, message: str = "", times: int = 1) -> None:
        for _ in range(times):
            self.stubber.add_client_error(operation, code, message)

    def backups_are_on(self) -> None:
        recovery = {"PointInTimeRecoveryStatus": "ENABLED"}
        found = {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
        self.stubber.add_response(
            "describe_continuous_backups", {"ContinuousBackupsDescription": found}
        )

    def ttl(self, found: dict[str, str]) -> None:
        answer = {"TimeToLiveDescription": found}
        self.stubber.add_response("describe_time_to_live", answer)

    @property
    def live(self) -> LiveTable:
        return LiveTable(self.client, NAME, self.slept.append)

    def run(self, *wanted: str) -> None:
        """The steps of these names, or all of them."""
        planned = [*create.steps(self.live, "dev")]
        chosen = [step for step in planned if not wanted or step.what in wanted]
        carry_out("", chosen, dry_run=False)


@pytest.fixture
def aws() -> Iterator[Aws]:
    made = Aws()
    with made.stubber:
        yield made
    made.stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("DELETING", "landscape-dev is being deleted; wait until it is gone"),
        ("ARCHIVED", "is ARCHIVED, as DynamoDB cannot use the key"),
        ("ARCHIVING", "is ARCHIVING: for a week"),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "is INACCESSIBLE_ENCRYPTION_CREDENTIALS: "),
        ("REPLICATION_NOT_AUTHORIZED", "is REPLICATION_NOT_AUTHORIZED, and only an ACTIVE"),
    ],
)
def test_a_table_in_a_state_that_does_not_pass_is_refused_at_once(
    aws: Aws, status: str, said: str
) -> None:
    aws.table(status)
    with pytest.raises(TableError, match=said):
        aws.run()
    assert aws.slept == []


def test_a_table_that_is_deleted_while_it_is_waited_for_is_refused(aws: Aws) -> None:
    aws.table("UPDATING", "UPDATING", "DELETING")
    with pytest.raises(TableError, match="being deleted"):
        aws.run()


def test_a_table_in_the_making_is_waited_for(aws: Aws) -> None:
    aws.table("CREATING", "CREATING")
    aws.refuses("describe_table", "ResourceNotFoundException")
    aws.table("ACTIVE")
    aws.backups_are_on()
    aws.ttl(ON)
    aws.run()
    assert aws.slept == [PAUSE, PAUSE]


def test_a_table_that_never_becomes_active_is_given_up(aws: Aws) -> None:
    aws.table(*["CREATING"] * (1 + TRIES))
    with pytest.raises(TableError, match="is not ACTIVE after 300 seconds"):
        aws.run()


@pytest.mark.parametrize(
    "code", ["ResourceInUseException", "LimitExceededException", "ThrottlingException"]
)
def test_a_busy_table_is_asked_again(aws: Aws, code: str) -> None:
    aws.table("ACTIVE", DeletionProtectionEnabled=False)
    aws.backups_are_on()
    aws.ttl(ON)
    aws.refuses("update_table", code, "Subscriber limit exceeded: …", times=2)
    aws.stubber.add_response("update_table", {})
    aws.table("UPDATING", "ACTIVE")
    aws.run()
    assert aws.slept == [PAUSE] * 3


@pytest.mark.parametrize(
    ("code", "message", "times"),
    [
        ("ResourceInUseException", "", TRIES),
        ("LimitExceededException", "Update to PayPerRequest mode is limited to 4 in 1 day(s)", 1),
        ("AccessDeniedException", "", 1),
    ],
)
def test_a_refusal_that_stays_is_an_error(aws: Aws, code: str, message: str, times: int) -> None:
    aws.table("ACTIVE", BillingModeSummary={"BillingMode": "PROVISIONED"})
    aws.backups_are_on()
    aws.ttl(ON)
    aws.refuses("update_table", code, message, times)
    with pytest.raises(StepError, match=f"capacity: .*{code}"):
        aws.run()
    assert len(aws.slept) == times - 1


def test_what_a_new_table_is_given_waits_until_it_is_free(aws: Aws) -> None:
    aws.refuses("describe_table", "ResourceNotFoundException")
    busy = ("ContinuousBackupsUnavailableException", "ThrottlingException")
    for code in busy:
        aws.refuses("update_continuous_backups", code)
    aws.stubber.add_response("update_continuous_backups", {})
    aws.refuses("update_time_to_live", "ResourceInUseException")
    aws.stubber.add_response("update_time_to_live", {})
    aws.run("point-in-time recovery", "time to live")
    assert aws.slept == [PAUSE] * 3


def test_a_table_that_somebody_else_made_meanwhile_is_there(aws: Aws) -> None:
    aws.refuses("describe_table", "ResourceNotFoundException")
    aws.refuses("create_table", "ResourceInUseException")
    aws.table("CREATING", "ACTIVE")
    aws.run("table")


@pytest.mark.parametrize(
    ("status", "differing", "said"),
    [
        ("DELETING", {}, "being deleted"),
        ("ACTIVE", {"KeySchema": create.KEYS[:1]}, "is another table"),
    ],
)
def test_a_table_that_is_there_meanwhile_but_of_no_use_is_refused(
    aws: Aws, status: str, differing: dict[str, Any], said: str
) -> None:
    aws.refuses("describe_table", "ResourceNotFoundException")
    aws.refuses("create_table", "ResourceInUseException")
    aws.table(status, **differing)
    with pytest.raises(TableError, match=said):
        aws.run("table")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (BY_ANOTHER, "Nothing was changed. Disable it .*AttributeName=expires.* up to an hour"),
        ({**BY_ANOTHER, "TimeToLiveStatus": "ENABLING"}, "expire by the attribute expires"),
        ({**ON, "TimeToLiveStatus": "DISABLING"}, "up to an hour, and cannot be enabled before"),
    ],
)
def test_a_time_to_live_that_cannot_be_switched_is_refused_before_any_change(
    aws: Aws, found: dict[str, str], said: str
) -> None:
    aws.table("ACTIVE", DeletionProtectionEnabled=False)
    aws.backups_are_on()
    aws.ttl(found)
    with pytest.raises(TableError, match=said):
        aws.run()


def test_a_time_to_live_that_somebody_else_enabled_meanwhile_is_enough(aws: Aws) -> None:
    aws.refuses("update_time_to_live", "ValidationException", "TimeToLive is already enabled")
    aws.ttl(ON)
    create.enable_ttl(aws.live)


def test_a_time_to_live_that_is_refused_and_still_off_is_an_error(aws: Aws) -> None:
    aws.refuses("update_time_to_live", "ValidationException", "no such attribute")
    aws.ttl(OFF)
    with pytest.raises(ClientError, match="no such attribute"):
        create.enable_ttl(aws.live)
