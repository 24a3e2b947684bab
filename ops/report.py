"""The last lines of a deploy: its changes, and whether the alarms notify anybody."""

from collections.abc import Iterator, Mapping, Sequence

import boto3

from ops.stage import Stage
from ops.steps import Step, tally


def changed(steps: Mapping[str, Sequence[Step]]) -> Iterator[str]:
    """A line for each phase that changed something."""
    due = {phase: [step for step in of if step.is_due] for phase, of in steps.items()}
    if not any(due.values()):
        yield "nothing"
    yield from (f"{phase}: {tally(of, is_done=True)}" for phase, of in due.items() if of)


def have_listeners(stage: Stage) -> bool:
    """Whether each alarm of the stage has an action. Raises the SDK's errors."""
    pages = boto3.client("cloudwatch").get_paginator("describe_alarms")
    found = [
        alarm
        for page in pages.paginate(
            AlarmNamePrefix=f"{stage.full_name}-", AlarmTypes=["MetricAlarm"]
        )
        for alarm in page["MetricAlarms"]
    ]
    return bool(found) and all(alarm.get("AlarmActions") for alarm in found)
