"""The first diagram: what there is on AWS for one stage, and who calls whom."""

from collections.abc import Iterator

from diagrams.dot import arrow, box, graph, same_height
from diagrams.stack import Function, Stack, Statement

TITLE = "The infrastructure of one stage"
SETS, TABLE, WATCH = "ip-sets", "table", "cloudwatch"
TARGETS = {"dynamodb": TABLE, "wafv2": SETS, "logs": WATCH, "xray": WATCH}
WORK = {TABLE: "the table", SETS: "the IP sets"}
# Drawn from its head to its tail: what is called stands above, or to the left.
BACK = {"dir": "back"}


def description(stack: Stack) -> str:
    """What the picture shows, for those who do not see it."""
    api, *scheduled = stack.functions
    others = ", and ".join(f"{one.name} ({one.schedule}) for {_work(one)}" for one in scheduled)
    return (
        f"Callers reach the web ACL {stack.web_acl}, whose rules are {', '.join(stack.rules)}, then"
        f" the REST API {stack.api}, whose {len(stack.authorizers)} authorizers ask Amazon Cognito,"
        f" then the Lambda {api.name}, which reads and writes the DynamoDB table {stack.table}."
        f" EventBridge calls {others}. All write logs and traces."
    )


def _work(function: Function) -> str:
    targets = {TARGETS[one.service] for one in function.statements}
    return " and ".join(name for target, name in WORK.items() if target in targets)


def draw(stack: Stack) -> str:
    return graph("infrastructure", _parts(stack))


def _parts(stack: Stack) -> Iterator[str]:
    api, *scheduled = stack.functions
    yield box("callers", "people", "Callers", "two front ends, their servers,", "developers")
    yield box("web-acl", "guard", "AWS WAF", f"web ACL {stack.web_acl}", *_rules(stack))
    yield box(SETS, "guard", "IP sets", *stack.ip_sets)
    yield box("gateway", "gateway", "API Gateway", f"REST API {stack.api}", *_gateway(stack))
    yield box("pools", "identity", "Amazon Cognito", *_pools(stack))
    yield box(TABLE, "data", "DynamoDB", f"table {stack.table}")
    yield box(WATCH, "watch", "CloudWatch and X-Ray", "logs, metrics, alarms, traces")
    for function in stack.functions:
        yield box(function.name, "compute", "AWS Lambda", function.name, _size(function))
        yield from _calls(function)
    for function in scheduled:
        yield from _clock(function)
    yield arrow("callers", "web-acl", "HTTPS")
    yield arrow("web-acl", SETS, "looks up")
    yield arrow("web-acl", "gateway", f"allowed, with {stack.header}")
    yield arrow("pools", "gateway", "authorizers ask", **BACK)
    yield arrow("gateway", api.name, "every route")
    yield same_height("web-acl", SETS)
    yield same_height("pools", "gateway")
    yield same_height(*(function.name for function in stack.functions))
    yield same_height(WATCH, TABLE)


def _rules(stack: Stack) -> list[str]:
    numbered = [f"{n}  {rule}" for n, rule in enumerate(stack.rules, start=1)]
    return [*numbered, "none of them: blocked"]


def _gateway(stack: Stack) -> list[str]:
    return [
        f"stage {stack.gateway_stage}, {stack.endpoint}",
        f"{len(stack.routes)} routes, {len(stack.authorizers)} authorizers",
        f"compresses from {stack.compressed_from} bytes",
    ]


def _pools(stack: Stack) -> list[str]:
    services = {service for services in stack.authorizers.values() for service in services}
    return [f"user pool of {service}" for service in sorted(services)]


def _size(function: Function) -> str:
    return f"{function.memory} MB, {function.timeout} s"


def _calls(function: Function) -> Iterator[str]:
    """What its policy lets it call."""
    for target in dict.fromkeys(TARGETS[one.service] for one in function.statements):
        here = [one for one in function.statements if TARGETS[one.service] == target]
        if target == SETS:
            yield arrow(SETS, function.name, _what(target, here), **BACK)
        else:
            yield arrow(function.name, target, _what(target, here))


def _clock(function: Function) -> Iterator[str]:
    clock = f"clock-{function.name}"
    yield box(clock, "watch", "EventBridge", str(function.schedule))
    yield arrow(clock, function.name)
    yield arrow("gateway", clock, style="invis")
    yield same_height("gateway", clock)


def _what(target: str, statements: list[Statement]) -> str:
    """Logs, metrics and traces are only written, which goes without saying."""
    if target == WATCH:
        return ""
    kinds = {kind for one in statements if one.verbs for kind in one.kinds.split(" and ")}
    parts = {
        "only": [part for one in statements for part in one.only],
        "all but": [part for one in statements for part in one.but],
    }
    limits = [f",\\n{word} {', '.join(named)}" for word, named in parts.items() if named]
    return " and ".join(sorted(kinds)) + "".join(limits)
