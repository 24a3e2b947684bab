"""`landscape container`: the API on AWS Fargate behind a load balancer, by container/stack.yaml.

A second run changes nothing. AWS credentials, region, profile and endpoint are the SDK's own settings.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.table import Table

from chalicelib.settings import STAGES
from container.parameters import Options, current, fill_in
from container.stack import CREATABLE, IN_REVIEW, UPDATABLE, Change, Proposal, Stack
from container.standing import describe, outputs_of, require_unprotected, without_web_acl
from ops.console import DUE, DUE_TEXT, NOTHING, AsJson, Console, DryRun, Status, Yes, require_yes
from ops.stage import Stage

TEMPLATE = Path(__file__).with_name("stack.yaml")
DELETED_FOR_GOOD = "The load balancer stops answering, and the tasks' log is deleted too."

app = typer.Typer(
    help="Run the API as a container on AWS Fargate, behind a load balancer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
GivenStage = Annotated[str, typer.Option("--stage", help=" or ".join(STAGES[1:]))]
Pace = Annotated[float, typer.Option(min=0, hidden=True, help="multiplies every wait")]


@app.callback()
def remember_stage(context: typer.Context, stage: GivenStage = "") -> None:
    context.obj = stage


def open_stage(context: typer.Context, stage: str) -> Stage:
    """By the option before or after the command's name. Raises BadParameter, StageError."""
    if not (stage or context.obj):
        raise typer.BadParameter("name the stage: --stage " + " or --stage ".join(STAGES[1:]))
    return Stage.read(stage or context.obj)


def open_stack(stage: Stage, console: Console, pace: float) -> Stack:
    client = boto3.client("cloudformation")
    return Stack(client, f"{stage.full_name}-container", console.say, pace)


@app.command("serve")
def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="port of the API")] = 8080,
    health_port: Annotated[
        int, typer.Option(min=1, max=65535, help="port of /live and /ready")
    ] = 8081,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
) -> None:
    """Serve the API on this machine as the image does. The settings are environment variables."""
    # Only this command needs gunicorn and the API.
    from container.__main__ import serve as run

    run(host, port, health_port)


@app.command("deploy")
def deploy(  # noqa: PLR0913, PLR0917 - a command's options
    context: typer.Context,
    stage: GivenStage = "",
    image: Annotated[
        str | None, typer.Option(help="in ECR, by tag or digest; a tag is resolved to its digest")
    ] = None,
    certificate: Annotated[
        str | None, typer.Option(help="ARN of the certificate in ACM for the API's domain")
    ] = None,
    vpc: Annotated[
        str | None, typer.Option(help="id of an existing VPC; without it the stack creates one")
    ] = None,
    subnets: Annotated[
        str | None, typer.Option(help="its public subnets in two zones, separated by a comma")
    ] = None,
    task_subnets: Annotated[
        str | None,
        typer.Option(help="its private subnets with a route to the internet, for the tasks"),
    ] = None,
    alarm_topic: Annotated[
        str | None, typer.Option(help="ARN of the SNS topic that alarms go to")
    ] = None,
    tasks: Annotated[int | None, typer.Option(help="lowest number of tasks; 2 at first")] = None,
    max_tasks: Annotated[
        int | None, typer.Option(help="highest number of tasks, under load; 6 at first")
    ] = None,
    deletion_protection: Annotated[
        bool | None,
        typer.Option(
            "--deletion-protection/--no-deletion-protection",
            help="of the load balancer; on at first for prod",
        ),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", help="another parameter of container/stack.yaml: Cpu=1024"),
    ] = None,
    dry_run: DryRun = False,
    status: Status = False,
    as_json: AsJson = False,
    pace: Pace = 1.0,
) -> None:
    """Create or update the stage's stack. Options that you leave out keep their values."""
    console = Console("container", as_json)
    with console.failures():
        found = open_stage(context, stage)
        options = Options(
            image=image,
            certificate=certificate,
            vpc=vpc,
            subnets=subnets,
            task_subnets=task_subnets,
            alarm_topic=alarm_topic,
            tasks=tasks,
            max_tasks=max_tasks,
            deletion_protection=deletion_protection,
            more=tuple(parameters or ()),
        )
        stack = open_stack(found, console, pace)
        if dry_run or status:
            sys.exit(look(found, stack, options, console, status=status))
        sys.exit(bring_about(found, stack, options, console))


def propose(stage: Stage, stack: Stack, options: Options) -> Proposal:
    """Creates the change set. Raises StackError, SettingsError, the SDK's errors."""
    standing = stack.find()
    stack.require_deployable(standing.get("StackStatus", ""))
    template = TEMPLATE.read_text()
    parameters = fill_in(stage, options, current(standing), stack.client, template)
    return stack.propose(template, parameters, {"app": stage.app, "stage": stage.name})


def look(stage: Stage, stack: Stack, options: Options, console: Console, *, status: bool) -> int:
    """The exit code of a dry run, which deletes its change set."""
    changes = propose(stage, stack, options).changes
    if changes:
        stack.withdraw()
    show_changes(stack, changes, console)
    console.say(DUE_TEXT if changes else NOTHING)
    console.end(is_due=bool(changes))
    return DUE if changes and status else 0


def bring_about(stage: Stage, stack: Stack, options: Options, console: Console) -> int:
    """The exit code. Waits first for an operation that is in progress."""
    before = stack.status()
    if before not in CREATABLE and before.endswith("_IN_PROGRESS"):
        console.say(f"{stack.name} is {before}: waiting for its end")
        stack.settle()
    proposal = propose(stage, stack, options)
    changes = proposal.changes
    show_changes(stack, changes, console)
    if changes:
        stack.execute(proposal)
        console.done.append(stack.name)
    after = stack.find()
    outputs = outputs_of(after)
    arn, name = outputs["LoadBalancerArn"], outputs["LoadBalancerDnsName"]
    console.say("done" if changes else NOTHING)
    console.say(f"The load balancer is {name}: point the API's domain at it (CNAME or alias).")
    console.say(f"Next: landscape firewall --stage {stage.name} --load-balancer {arn}")
    console.say(f"Without the web ACL, {without_web_acl(current(after))}.")
    console.end(is_due=False, load_balancer={"arn": arn, "dns_name": name})
    return 0


def show_changes(stack: Stack, changes: Sequence[Change], console: Console) -> None:
    console.answer["changes"] = [change.document() for change in changes]
    if not changes:
        return
    table = Table(title=f"Stack {stack.name}", title_justify="left", box=None)
    for column in ("action", "resource", "type", "replacement"):
        table.add_column(column, overflow="fold")
    for each in changes:
        table.add_row(each.action, each.logical_id, each.type, each.replacement)
    console.terminal.print(table)


@app.command("status")
def show_status(
    context: typer.Context, stage: GivenStage = "", as_json: AsJson = False, pace: Pace = 1.0
) -> None:
    """Show the stack, and exit with 3 if a deploy is due."""
    console = Console("container", as_json)
    with console.failures():
        found = open_stage(context, stage)
        stack = open_stack(found, console, pace)
        standing = stack.find()
        state = describe(found, stack, standing)
        is_due = True
        if standing.get("StackStatus") in UPDATABLE:
            is_due = bool(propose(found, stack, Options()).changes)
            if is_due:
                stack.withdraw()
        for what, value in state.items():
            console.say(f"{what}: {value}")
        console.say("a deploy is due" if is_due else NOTHING)
        console.end(**state, is_due=is_due)
        sys.exit(DUE if is_due else 0)


@app.command("delete")
def delete(
    context: typer.Context,
    stage: GivenStage = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    pace: Pace = 1.0,
) -> None:
    """Delete the stage's stack. The DynamoDB table is not part of it, and stays."""
    console = Console("container", as_json)
    with console.failures():
        stack = open_stack(open_stage(context, stage), console, pace)
        standing = stack.find()
        if not standing:
            console.say(f"{NOTHING}: there is no stack {stack.name}")
            console.end(is_due=False)
            sys.exit(0)
        resources = stack.resources()
        require_unprotected(resources, standing["StackStatus"])
        console.answer["resources"] = [one["LogicalResourceId"] for one in resources]
        for one in resources:
            console.say(f"{one['LogicalResourceId']} {one['ResourceType']}")
        console.say(f"Stack {stack.name}: {len(resources)} resources. The DynamoDB table stays.")
        if not dry_run:
            require_yes(f"{DELETED_FOR_GOOD} Delete {stack.name}?", yes=yes)
            take_down(stack, standing["StackStatus"])
            console.done.append(stack.name)
        console.say(DUE_TEXT if dry_run else "done")
        console.end(is_due=dry_run)


def take_down(stack: Stack, status: str) -> None:
    """Waits first for an operation that is in progress. Raises StackError, StoppedError."""
    if status.endswith("_IN_PROGRESS") and status != IN_REVIEW:
        stack.settle()
    if stack.find():
        stack.delete()
