"""The third diagram: containers on Fargate behind a load balancer, which was weighed and not chosen."""

from collections.abc import Iterator

from diagrams.dot import arrow, box, graph, same_height
from diagrams.stack import Stack

TITLE = "The alternative: Fargate behind a load balancer"


def description(stack: Stack) -> str:
    """What the picture shows, for those who do not see it."""
    return (
        f"Callers reach the same web ACL {stack.web_acl}, then an Application Load Balancer in two"
        " availability zones, then two tasks on Fargate which run the API in a container, verify"
        f" tokens with the keys of Amazon Cognito themselves, and use the table {stack.table} through"
        " a VPC endpoint. The scheduled Lambdas and their clocks stay."
    )


def draw(stack: Stack) -> str:
    return graph("alternative", _parts(stack))


def _parts(stack: Stack) -> Iterator[str]:
    yield box("callers", "people", "Callers", "two front ends, their servers,", "developers")
    yield box("web-acl", "guard", "AWS WAF", f"web ACL {stack.web_acl}", "as it is now")
    yield box(
        "balancer",
        "gateway",
        "Application Load Balancer",
        "own domain and certificate,",
        "two zones",
    )
    for zone in ("a", "b"):
        yield box(
            f"task-{zone}",
            "compute",
            "Fargate task",
            f"zone {zone}, 0.5 vCPU, 1 GB,",
            "verifies tokens itself",
        )
        yield arrow("balancer", f"task-{zone}", "and health checks" if zone == "b" else "requests")
        yield arrow(f"task-{zone}", "table")
        yield arrow(f"task-{zone}", "keys", **({} if zone == "a" else {"constraint": "false"}))
    yield box("table", "data", "DynamoDB", f"table {stack.table}", "through a VPC endpoint")
    yield box("keys", "identity", "Amazon Cognito", "keys of both user pools")
    yield arrow("callers", "web-acl", "HTTPS")
    yield arrow("web-acl", "balancer", f"allowed, with {stack.header}")
    yield same_height("task-a", "task-b")
    yield from _scheduled(stack)


def _scheduled(stack: Stack) -> Iterator[str]:
    for function in stack.functions[1:]:
        yield box(
            function.name,
            "compute",
            "AWS Lambda",
            function.name,
            f"as it is now, {function.schedule}",
        )
        yield arrow(function.name, "table")
        yield same_height("task-a", function.name)
