"""What the documentation draws is what there is: every route, authorizer, function, table and rule."""

import re

import pytest

from chalicelib.firewall import acl
from chalicelib.services.access import RULES
from diagrams import alternative, infrastructure, routes
from diagrams.stack import Stack, read_stack
from diagrams.tables import route_table, rule_table
from tests.api.test_routes import TABLE


@pytest.fixture(scope="module")
def stack() -> Stack:
    return read_stack("dev")


def boxes(dot: str) -> dict[str, list[str]]:
    """The lines of text in each box, by its name."""
    found = re.findall(r'^  "([^"]+)" \[label=<(.*)>, fillcolor', dot, re.MULTILINE)
    return {name: re.findall(r">([^<>]+)<", label) for name, label in found}


def arrows(dot: str) -> set[tuple[str, str]]:
    return set(re.findall(r'^  "([^"]+)" -> "([^"]+)"', dot, re.MULTILINE))


def test_every_route_is_drawn_with_its_authorizer_and_no_other(stack: Stack) -> None:
    groups = {routes.group(name): name for name in (None, *stack.authorizers)}
    drawn = [
        (path, method, groups[name])
        for name, lines in boxes(routes.draw(stack)).items()
        if name in groups
        for method, _, path in (line.partition(" ") for line in lines)
        if path.startswith("/")
    ]
    assert sorted(drawn, key=str) == sorted(((p, m, a) for p, m, a, _ in TABLE), key=str)


def test_every_authorizer_leads_to_its_pools(stack: Stack) -> None:
    drawn = arrows(routes.draw(stack))
    for name, services in {a: a.split("-or-") for _, _, a, _ in TABLE if a}.items():
        assert (routes.group(name), name) in drawn
        pools = {end for start, end in drawn if start == name}
        assert pools == {f"pool of {service}" for service in services}


def test_the_infrastructure_has_every_function_and_what_its_policy_reaches(stack: Stack) -> None:
    dot = infrastructure.draw(stack)
    reached = {
        "landscape-api-dev": {"table", "cloudwatch"},
        "landscape-api-dev-expire": {"table", "cloudwatch", "ip-sets"},
        "landscape-api-dev-finish": {"table", "cloudwatch"},
    }
    pairs = arrows(dot) | {(end, start) for start, end in arrows(dot)}
    for function in stack.functions:
        assert function.name in boxes(dot)
        ends = {end for start, end in pairs if start == function.name}
        assert ends & {"table", "cloudwatch", "ip-sets"} == reached[function.name]
    assert {function.name for function in stack.functions} == reached.keys()
    assert dot.count("rate(15 minutes)") == 2
    assert "reads and writes,\\nall but FIREWALL*" in dot


def test_the_infrastructure_has_the_table_the_sets_and_the_rules_in_their_order(
    stack: Stack,
) -> None:
    drawn = boxes(infrastructure.draw(stack))
    assert "table landscape-dev" in drawn["table"]
    assert set(stack.ip_sets) < set(drawn["ip-sets"])
    rules = [line.split()[1] for line in drawn["web-acl"] if line[0].isdigit()]
    assert tuple(rules) == acl.RULES


def test_prod_is_drawn_like_dev(stack: Stack) -> None:
    prod = read_stack("prod")
    for module in (infrastructure, routes, alternative):
        assert module.draw(stack).replace("dev", "prod") == module.draw(prod).replace("dev", "prod")


def test_the_table_of_routes_has_a_row_for_each(stack: Stack) -> None:
    rows = route_table(stack).splitlines()[2:]
    for path, method, authorizer, rule in TABLE:
        said = f"`{authorizer}`" if authorizer else "none"
        link = f"[{rule}](identity.md#rules)" if rule else ""
        assert f"| `{method} {path}` | {said} | {link} |" in rows
    assert len(rows) == len(TABLE) + 1  # and OPTIONS


def test_the_table_of_rules_says_who_may_do_what() -> None:
    rows = {row.split("`")[1]: row for row in rule_table(RULES).splitlines()[2:]}
    assert rows.keys() == RULES.keys()
    assert rows["read-me"] == "| `read-me` | yes | yes |  |"
    contact = "a contact of the project, or in group `Admin`"
    assert rows["update-project"] == f"| `update-project` | yes | no | {contact} |"
    assert rows["move-technology"].split("|")[2:4] == [" no ", " in group `admin` or `reviewer` "]
