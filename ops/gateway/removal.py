"""Deletes the resources of `landscape gateway`, except the API, which Chalice deletes."""

from collections.abc import Callable, Iterator
from functools import partial

from ops.gateway.alarms import Watched, alarms
from ops.gateway.api import Clients
from ops.gateway.dashboard import find_dashboard
from ops.gateway.logs import FILTER_NAME, has_metric_filter
from ops.logs import find_group
from ops.steps import GONE, Step

THERE = "there"


def removal_steps(clients: Clients, watched: Watched, *, with_logs: bool) -> Iterator[Step]:
    """Finds the resources by their names, so the API may be deleted already."""
    cloudwatch, logs, name = clients.cloudwatch, clients.logs, watched.stage.full_name
    wanted = [alarm.name for alarm in alarms(watched)]
    answer = cloudwatch.describe_alarms(AlarmNames=wanted, AlarmTypes=["MetricAlarm"])
    known = {alarm["AlarmName"] for alarm in answer["MetricAlarms"]}
    for alarm in wanted:
        delete: Callable[[], object] = partial(cloudwatch.delete_alarms, AlarmNames=[alarm])
        yield Step(f"alarm {alarm}", THERE if alarm in known else GONE, GONE, delete)
    dashboard = find_dashboard(cloudwatch, name)
    delete = partial(cloudwatch.delete_dashboards, DashboardNames=[name])
    yield Step(f"dashboard {name}", GONE if dashboard is None else THERE, GONE, delete)
    groups = {each: find_group(logs, each) for each in watched.log_groups}
    access_log = watched.log_groups[-1]
    has_filter = groups[access_log] and has_metric_filter(logs, access_log)
    delete = partial(logs.delete_metric_filter, logGroupName=access_log, filterName=FILTER_NAME)
    yield Step(f"metric filter {FILTER_NAME}", THERE if has_filter else GONE, GONE, delete)
    for group, found in groups.items() if with_logs else ():
        delete = partial(logs.delete_log_group, logGroupName=group)
        yield Step(f"log group {group}", THERE if found else GONE, GONE, delete)
