"""Changes of a stack that the emulated AWS never shows: failed, stopped by a person, or slow."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from container.stack import CHANGE_SET, Change, Proposal, Stack, StackError
from ops.steps import StoppedError
from tests.support.stubbed_aws import StubbedAws

NAME = "landscape-api-dev-container"
ID = f"arn:aws:cloudformation:eu-west-2:000000000000:stack/{NAME}/1"
OF = {"StackName": NAME}
SET = {**OF, "ChangeSetName": CHANGE_SET}
MADE = "arn:aws:cloudformation:eu-west-2:000000000000:changeSet/landscape-container/1"
BEFORE = ("old", NAME, "CREATE_COMPLETE", "")


@pytest.fixture
def aws() -> Iterator[StubbedAws]:
    with StubbedAws("cloudformation") as stubbed:
        yield stubbed


def stack(aws: StubbedAws, said: list[str]) -> Stack:
    return Stack(aws.clients[0], NAME, said.append, pace=0)


def stands(aws: StubbedAws, status: str) -> None:
    found = {**OF, "StackId": ID, "StackStatus": status, "CreationTime": datetime.now(UTC)}
    aws.answers("describe_stacks", {"Stacks": [found]}, OF)


def happened(aws: StubbedAws, *events: tuple[str, str, str, str], of: str = ID) -> None:
    """Events, each with its id, resource, status and reason; the oldest first."""
    listed = [
        {
            "StackId": ID,
            "StackName": NAME,
            "EventId": event_id,
            "LogicalResourceId": about,
            "PhysicalResourceId": ID if about == NAME else about,
            "ResourceType": "AWS::CloudFormation::Stack" if about == NAME else "AWS::ECS::Service",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
            "Timestamp": datetime.now(UTC),
        }
        for event_id, about, status, reason in reversed(events)
    ]
    aws.answers("describe_stack_events", {"StackEvents": listed}, {"StackName": of})


def proposed(aws: StubbedAws, status: str, reason: str = "", **more: Any) -> None:
    aws.answers("describe_change_set", {"Status": status, "StatusReason": reason, **more})


def begins(aws: StubbedAws) -> None:
    """Expects the execution of a change set, after the events BEFORE."""
    stands(aws, "CREATE_COMPLETE")
    happened(aws, BEFORE, of=NAME)
    aws.answers("execute_change_set", {}, {**OF, "ChangeSetName": MADE})


def test_an_update_that_fails_names_the_first_resource_and_nobody(aws: StubbedAws) -> None:
    """AWS may refuse a session whose name is an e-mail address. The output omits it."""
    role = "arn:aws:sts::123456789012:assumed-role/Operator"
    begins(aws)
    under_way = [BEFORE, ("1", NAME, "UPDATE_IN_PROGRESS", "User Initiated")]
    happened(aws, *under_way)
    failed = [
        *under_way,
        ("2", "Latency", "UPDATE_FAILED", "Resource update cancelled"),
        ("3", "Service", "UPDATE_FAILED", f"{role}/me@example.org is not authorized."),
        ("4", NAME, "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed: [Service]"),
    ]
    happened(aws, *failed)
    happened(aws, *failed, ("5", NAME, "UPDATE_ROLLBACK_COMPLETE", ""))
    said: list[str] = []
    with pytest.raises(StackError) as caught:
        stack(aws, said).execute(Proposal(MADE))
    assert str(caught.value) == (
        f"Service (AWS::ECS::Service) failed: {role}/(session) is not authorized."
        f" {NAME} is now UPDATE_ROLLBACK_COMPLETE."
        " The update was rolled back. Remove the cause, and deploy again"
    )
    assert len(said) == 5
    assert "me@example.org" not in "".join(said)


def test_what_is_under_way_is_waited_for(aws: StubbedAws) -> None:
    """Its own events are printed, not those of the operation before it."""
    stands(aws, "UPDATE_IN_PROGRESS")
    earlier = [("0", NAME, "CREATE_IN_PROGRESS", ""), BEFORE]
    under_way = [*earlier, ("1", NAME, "UPDATE_IN_PROGRESS", "")]
    happened(aws, *under_way)
    happened(aws, *under_way)
    cleaning = ("2", NAME, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
    happened(aws, *under_way, cleaning)
    happened(aws, *under_way, cleaning, ("3", NAME, "UPDATE_COMPLETE", ""))
    said: list[str] = []
    stack(aws, said).settle()
    assert [line.split()[0] for line in said] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ]


def test_ctrl_c_leaves_cloudformation_at_work_and_says_so(aws: StubbedAws) -> None:
    def stop(_: str) -> None:
        raise KeyboardInterrupt

    begins(aws)
    happened(aws, BEFORE, ("1", NAME, "UPDATE_IN_PROGRESS", ""))
    goes_on = f"CloudFormation still continues with {NAME}. Run the same command again to continue"
    with pytest.raises(StoppedError, match=goes_on):
        Stack(aws.clients[0], NAME, stop, pace=0).execute(Proposal(MADE))


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        ("ROLLBACK_COMPLETE", "Delete it with landscape container delete, then deploy again"),
        ("DELETE_FAILED", "Delete it with landscape container delete, then deploy again"),
        ("UPDATE_ROLLBACK_FAILED", f"continue-update-rollback --stack-name {NAME}"),
        ("UPDATE_IN_PROGRESS", "Wait until CloudFormation has finished"),
    ],
)
def test_a_stack_that_takes_no_change_says_what_helps(
    aws: StubbedAws, status: str, cure: str
) -> None:
    with pytest.raises(StackError, match=f"is {status}.*{cure}"):
        stack(aws, []).require_deployable(status)


@pytest.mark.parametrize("status", ["", "REVIEW_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_failed_to_change_or_was_never_created_takes_one(
    aws: StubbedAws, status: str
) -> None:
    stack(aws, []).require_deployable(status)


def test_a_change_set_that_fails_is_deleted_and_says_why(aws: StubbedAws) -> None:
    stands(aws, "UPDATE_ROLLBACK_COMPLETE")
    aws.answers("delete_change_set", {}, SET)
    aws.answers("create_change_set", {"Id": MADE, "StackId": ID})
    proposed(aws, "CREATE_PENDING")
    proposed(aws, "FAILED", "Transform failed")
    aws.answers("delete_change_set", {}, SET)
    stands(aws, "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(StackError, match=f"the change set of {NAME} failed: Transform failed"):
        stack(aws, []).propose("{}", [], {})


def test_a_change_set_is_read_to_its_last_page(aws: StubbedAws) -> None:
    def change(name: str, action: str, **more: str) -> dict[str, Any]:
        of = {"LogicalResourceId": name, "ResourceType": "AWS::ECS::Service"}
        return {"ResourceChange": {"Action": action, **of, **more}}

    stands(aws, "CREATE_COMPLETE")
    aws.answers("delete_change_set", {}, SET)
    aws.answers("create_change_set", {"Id": MADE, "StackId": ID})
    first = [change("A", "Modify", Replacement="True"), change("B", "Modify", Replacement="False")]
    proposed(aws, "CREATE_COMPLETE", Changes=first, NextToken="more")
    second = [change("C", "Modify", Replacement="Conditional"), change("D", "Remove")]
    proposed(aws, "CREATE_COMPLETE", Changes=second)
    found = stack(aws, []).propose("{}", [], {})
    assert found.changes == (
        Change("Modify", "A", "AWS::ECS::Service", "yes"),
        Change("Modify", "B", "AWS::ECS::Service", "no"),
        Change("Modify", "C", "AWS::ECS::Service", "maybe"),
        Change("Remove", "D", "AWS::ECS::Service", ""),
    )


def test_a_dry_run_leaves_the_change_set_of_somebody_else(aws: StubbedAws) -> None:
    """CloudFormation keeps an empty stack for such a change set. It stays too."""
    aws.answers("delete_change_set", {}, SET)
    stands(aws, "REVIEW_IN_PROGRESS")
    aws.answers("list_change_sets", {"Summaries": [{"ChangeSetName": "theirs"}]}, OF)
    stack(aws, []).withdraw()
