"""The documentation's tables of routes and of rules, in Markdown."""

from collections.abc import Iterable, Mapping

from chalicelib.models.caller import SERVICES
from chalicelib.services.access import EVERYONE, Rule
from diagrams.stack import Stack


def route_table(stack: Stack) -> str:
    """Every route with its authorizer, and the rule that the application checks after it."""
    head = ("route", "authorizer", "rule")
    rows = [
        (
            f"`{route.method} {route.path}`",
            f"`{route.authorizer}`" if route.authorizer else "none",
            f"[{route.action}](identity.md#rules)" if route.action else "",
        )
        for route in stack.routes
    ]
    return _table(head, [*rows, ("`OPTIONS` of every path", "none", "")])


def rule_table(rules: Mapping[str, Rule]) -> str:
    """Who may do what, by pool and group, and to whom else a project's contacts are preferred."""
    rows = [
        (f"`{action}`", *(_may(rule, service) for service in SERVICES), _relation(rule))
        for action, rule in rules.items()
    ]
    return _table(("action", *(f"users of {service}" for service in SERVICES), "and also"), rows)


def _may(rule: Rule, service: str) -> str:
    if service not in rule.groups:
        return "no"
    groups = rule.groups[service]
    return "yes" if groups is EVERYONE else f"in {_groups(groups)}"


def _relation(rule: Rule) -> str:
    if rule.contact_or is None:
        return ""
    return f"a contact of the project, or in {_groups(rule.contact_or)}"


def _groups(groups: Iterable[str]) -> str:
    return "group " + " or ".join(f"`{group}`" for group in sorted(groups))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
