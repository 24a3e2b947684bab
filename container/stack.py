"""A CloudFormation stack: read, changed by a change set that is shown first, followed, deleted."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.steps import GOES_ON, OperatorError, StoppedError, explain

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient
    from types_boto3_cloudformation.type_defs import (
        ChangeTypeDef,
        DescribeChangeSetOutputTypeDef,
        ParameterTypeDef,
        StackEventTypeDef,
        StackResourceSummaryTypeDef,
    )

POLL_SECONDS = 5.0
CHANGE_SET = "landscape-container"
NEW, IN_REVIEW, DELETED = "", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE"
CREATABLE = frozenset({NEW, IN_REVIEW, DELETED})
UPDATABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
SUCCESSES = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", DELETED})
BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
UNCHANGED = ("didn't contain changes", "No updates are to be performed")
CANCELLED = ("Resource creation cancelled", "Resource update cancelled")
REPLACEMENTS = {"True": "yes", "False": "no", "Conditional": "maybe"}
# The cures for a stack in a state that accepts no change set.
DELETE_FIRST = "Delete it with landscape container delete, then deploy again"
CURES = {
    "ROLLBACK_COMPLETE": DELETE_FIRST,
    "ROLLBACK_FAILED": DELETE_FIRST,
    "CREATE_FAILED": DELETE_FIRST,
    "DELETE_FAILED": DELETE_FIRST,
    "UPDATE_ROLLBACK_FAILED": "Run aws cloudformation continue-update-rollback --stack-name {name}",
    "UPDATE_ROLLBACK_COMPLETE": "The update was rolled back. Remove the cause, and deploy again",
}


class StackError(OperatorError):
    """Names the obstacle and the cure."""


@dataclass(frozen=True)
class Change:
    """A change set's effect on one resource; `replacement` is "yes", "no", "maybe" or empty."""

    action: str
    logical_id: str
    type: str
    replacement: str

    def document(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class Proposal:
    """A change set by its ARN, so that no other of its name is executed. Without changes it is deleted."""

    id: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Stack:
    """`client` is boto3's of CloudFormation; `pace` multiplies every wait."""

    client: "CloudFormationClient"
    name: str
    say: Callable[[str], None]
    pace: float = 1.0

    def find(self) -> Mapping[str, Any]:
        """As describe_stacks returns it; empty if there is none."""
        try:
            return self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return {}

    def status(self) -> str:
        return str(self.find().get("StackStatus", NEW))

    def require_deployable(self, status: str) -> None:
        """Raises StackError, which names the cure."""
        if status not in CREATABLE | UPDATABLE:
            raise StackError(f"the stack {self.name} is {status}. {self._cure(status)}")

    def propose(
        self, template: str, parameters: "list[ParameterTypeDef]", tags: Mapping[str, str]
    ) -> Proposal:
        """Creates the change set, and returns its changes. Deletes it if there are none.

        Raises StackError if CloudFormation refuses it.
        """
        status = self.status()
        if status != NEW:
            self._delete_change_set()  # of an earlier run
        change_set = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=CHANGE_SET,
            ChangeSetType="CREATE" if status in CREATABLE else "UPDATE",
            TemplateBody=template,
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM"],
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )["Id"]
        while (found := self._describe(change_set))["Status"].endswith(("PENDING", "IN_PROGRESS")):
            self._wait()
        if found["Status"] == "FAILED":
            self.withdraw()
            reason = found.get("StatusReason", "")
            if any(text in reason for text in UNCHANGED):
                return Proposal(change_set)
            raise StackError(f"the change set of {self.name} failed: {_without_names(reason)}")
        return Proposal(change_set, tuple(map(_change_in, found["Changes"])))

    def withdraw(self) -> None:
        """Deletes the change set, and the empty stack that CloudFormation creates for a new one."""
        self._delete_change_set()
        if self.status() == IN_REVIEW:
            others = self.client.list_change_sets(StackName=self.name)["Summaries"]
            if not [one for one in others if one["ChangeSetName"] != CHANGE_SET]:
                self.client.delete_stack(StackName=self.name)

    def execute(self, proposal: Proposal) -> None:
        """Executes the change set and follows it to the end. Raises StackError, StoppedError."""
        stack_id, before = self.find()["StackId"], self._last_event()
        self.client.execute_change_set(StackName=self.name, ChangeSetName=proposal.id)
        self._follow(stack_id, before)

    def settle(self) -> None:
        """Follows the operation in progress to its end. Raises StackError, StoppedError."""
        stack_id = self.find()["StackId"]
        self._follow(stack_id, self._before_the_operation(stack_id))

    def delete(self) -> None:
        """Deletes the stack and follows that to the end. Raises StackError, StoppedError."""
        stack_id, before = self.find()["StackId"], self._last_event()
        self.client.delete_stack(StackName=self.name)
        self._follow(stack_id, before)

    def resources(self) -> "list[StackResourceSummaryTypeDef]":
        """Those that exist, as list_stack_resources returns them."""
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        every = (one for page in pages for one in page["StackResourceSummaries"])
        return [one for one in every if one["ResourceStatus"] != DELETED]

    def _describe(self, change_set: str) -> "DescribeChangeSetOutputTypeDef":
        """With the changes of all pages."""
        paginator = self.client.get_paginator("describe_change_set")
        pages = list(paginator.paginate(StackName=self.name, ChangeSetName=change_set))
        return {**pages[0], "Changes": [one for page in pages for one in page.get("Changes", [])]}

    def _delete_change_set(self) -> None:
        with suppress(self.client.exceptions.ChangeSetNotFoundException):
            self.client.delete_change_set(StackName=self.name, ChangeSetName=CHANGE_SET)

    def _events(self, stack_id: str, until: str) -> "Iterator[StackEventTypeDef]":
        """The newest first, only those after the event `until`."""
        paginator = self.client.get_paginator("describe_stack_events")
        for page in paginator.paginate(StackName=stack_id):
            for event in page["StackEvents"]:
                if event["EventId"] == until:
                    return
                yield event

    def _last_event(self) -> str:
        return next((one["EventId"] for one in self._events(self.name, "")), "")

    def _before_the_operation(self, stack_id: str) -> str:
        """The event before the last operation's first one; empty if there is none."""
        events = self._events(stack_id, "")
        for event in events:
            if _is_of_the_stack(event) and event["ResourceStatus"] in BEGINNINGS:
                break
        return next((one["EventId"] for one in events), "")

    def _follow(self, stack_id: str, before: str) -> None:
        """Shows each event after `before` until the operation ends."""
        shown = 0
        try:
            while True:
                events = list(self._events(stack_id, before))[::-1]
                for event in events[shown:]:
                    self.say(_line(event))
                shown = len(events)
                last = next(filter(_is_of_the_stack, reversed(events)), None)
                if last and not last["ResourceStatus"].endswith("_IN_PROGRESS"):
                    break
                self._wait()
        except KeyboardInterrupt:
            raise StoppedError(
                f"stopped watching. CloudFormation still continues with {self.name}. {GOES_ON}"
            ) from None
        if last["ResourceStatus"] not in SUCCESSES:
            raise StackError(self._failure(events, last["ResourceStatus"]))

    def _failure(self, events: "list[StackEventTypeDef]", status: str) -> str:
        """The first resource that failed, the reason and the cure."""
        for one in events:
            reason = one.get("ResourceStatusReason", "")
            if one["ResourceStatus"].endswith("_FAILED") and not reason.startswith(CANCELLED):
                what = f"{one['LogicalResourceId']} ({one['ResourceType']}) failed"
                why = _without_names(reason).rstrip(".") or "CloudFormation gives no reason"
                return f"{what}: {why}. {self.name} is now {status}. {self._cure(status)}"
        return f"{self.name} is now {status}. {self._cure(status)}"

    def _cure(self, status: str) -> str:
        wait = "Wait until CloudFormation has finished, and run the command again"
        return CURES.get(status, wait).format(name=self.name)

    def _wait(self) -> None:
        time.sleep(POLL_SECONDS * self.pace)


def _change_in(found: "ChangeTypeDef") -> Change:
    change = found["ResourceChange"]
    replacement = REPLACEMENTS.get(change.get("Replacement", ""), "")
    named = change["Action"], change["LogicalResourceId"], change["ResourceType"]
    return Change(*named, replacement if change["Action"] == "Modify" else "")


def _is_of_the_stack(event: "StackEventTypeDef") -> bool:
    return event.get("PhysicalResourceId") == event["StackId"]


def _line(event: "StackEventTypeDef") -> str:
    failed = event["ResourceStatus"].endswith("_FAILED")
    why = f": {_without_names(event.get('ResourceStatusReason', ''))}" if failed else ""
    return f"{event['ResourceStatus']} {event['LogicalResourceId']} {event['ResourceType']}{why}"


def _without_names(reason: str) -> str:
    """The session name of an assumed role is often the operator's e-mail address."""
    return explain(StackError(reason))
