"""Authorization: the one table of rules, and the checks of a caller against it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.errors import ForbiddenError
from chalicelib.models.caller import DIGITAL_LANDSCAPE, TECH_AUDIT_TOOL, Caller
from chalicelib.models.project import Contact

EVERYONE = None  # every user of the pool
ADMIN = frozenset({"Admin"})
REVIEWERS = frozenset({"reviewer", "admin"})
LANDSCAPE_ADMIN = frozenset({"admin"})
REVIEWED = frozenset({"name", "quadrant", "tags", "categories"})


@dataclass(frozen=True, slots=True)
class Rule:
    """`groups`: the pools whose users are allowed, each with the groups of which they need one.

    `contact_or`: the user must also be a contact of the project, or in one of these groups.
    `members`: a user outside the groups `all_members_for` may change only these members of a record.
    `role`: the service's role is also allowed without a user. It needs no group and no relation.
    """

    groups: Mapping[str, frozenset[str] | None]
    contact_or: frozenset[str] | None = None
    members: frozenset[str] = frozenset()
    all_members_for: frozenset[str] = frozenset()
    role: bool = False


RULES: Mapping[str, Rule] = {
    "read-me": Rule({TECH_AUDIT_TOOL: EVERYONE, DIGITAL_LANDSCAPE: EVERYONE}, role=True),
    "list-my-projects": Rule({TECH_AUDIT_TOOL: EVERYONE}),
    "create-project": Rule({TECH_AUDIT_TOOL: EVERYONE}, role=True),
    "update-project": Rule({TECH_AUDIT_TOOL: EVERYONE}, contact_or=ADMIN, role=True),
    "delete-project": Rule({TECH_AUDIT_TOOL: ADMIN}),
    "read-contacts": Rule({TECH_AUDIT_TOOL: EVERYONE, DIGITAL_LANDSCAPE: EVERYONE}, role=True),
    "read-authors": Rule({TECH_AUDIT_TOOL: EVERYONE, DIGITAL_LANDSCAPE: EVERYONE}, role=True),
    "update-contacts": Rule({TECH_AUDIT_TOOL: EVERYONE}, contact_or=ADMIN, role=True),
    "create-technology": Rule({DIGITAL_LANDSCAPE: REVIEWERS}, role=True),
    "update-technology": Rule({DIGITAL_LANDSCAPE: LANDSCAPE_ADMIN}),
    "patch-technology": Rule(
        {DIGITAL_LANDSCAPE: REVIEWERS}, members=REVIEWED, all_members_for=LANDSCAPE_ADMIN, role=True
    ),
    "delete-technology": Rule({DIGITAL_LANDSCAPE: LANDSCAPE_ADMIN}),
    "update-directorates": Rule({DIGITAL_LANDSCAPE: LANDSCAPE_ADMIN}),
    "move-technology": Rule({DIGITAL_LANDSCAPE: REVIEWERS}, role=True),
    "merge-technology": Rule({DIGITAL_LANDSCAPE: REVIEWERS}, role=True),
}

# Actions that show other persons' e-mail addresses. The log names the caller by `sub`.
LOGGED_BY_SUBJECT = frozenset({"read-contacts", "read-authors"})


def groups_of(service: str) -> frozenset[str]:
    """The groups of the service's pool that a rule names. No other group has an effect."""
    return frozenset().union(*(rule.groups.get(service) or () for rule in RULES.values()))


def unknown_groups(service: str, groups: Iterable[str]) -> list[str]:
    """A sentence for each group of `service` without an effect, with the groups that have one."""
    known = sorted(groups_of(service))
    sentences = []
    for group in groups:
        if group not in known:
            alike = [name for name in known if name.lower() == group.lower()]
            meant = f", but {alike[0]!r}" if alike else ""
            sentences.append(
                f"no rule names the group {group!r} of {service}{meant}. Its groups: {', '.join(known)}"
            )
    return sentences


def require(caller: Caller, action: str) -> None:
    """Raises ForbiddenError, which names the rule, unless the caller's pool and groups allow `action`."""
    rule = RULES[action]
    if caller.service not in rule.groups:
        pools = " or ".join(rule.groups)
        raise ForbiddenError(f"{action} needs a caller of {pools}, not of {caller.service}")
    if caller.email is None:
        if not rule.role:
            raise ForbiddenError(f"{action} needs a user: name the user in On-Behalf-Of")
        return
    groups = rule.groups[caller.service]
    if groups is not EVERYONE and not caller.groups & groups:
        names = " or ".join(sorted(groups))
        raise ForbiddenError(
            f"{action} needs the group {names} of {caller.service}: ask an administrator to add you"
        )


def require_relation(caller: Caller, action: str, contacts: Iterable[Contact]) -> None:
    """Raises ForbiddenError if the rule needs a contact, and the caller is neither one nor exempt."""
    exempt = RULES[action].contact_or
    if exempt is None or caller.email is None or caller.groups & exempt:
        return
    if caller.key not in {contact.key for contact in contacts}:
        names = " or ".join(sorted(exempt))
        raise ForbiddenError(
            f"{action} needs a contact of the project or the group {names}: ask a contact to add you"
        )


def require_members(caller: Caller, action: str, changed: Iterable[str]) -> None:
    """Raises ForbiddenError if the caller changes a member of a record that the rule does not allow."""
    rule = RULES[action]
    kept = sorted({*changed} - rule.members)
    if rule.members and kept and not caller.groups & rule.all_members_for:
        names = " or ".join(sorted(rule.all_members_for))
        raise ForbiddenError(
            f"{action} needs the group {names} to change {', '.join(kept)}: leave this unchanged"
        )


def allowed(caller: Caller) -> list[str]:
    """The actions that the caller's pool and groups allow; some also need a relation."""
    return [action for action in RULES if _may(caller, action)]


def _may(caller: Caller, action: str) -> bool:
    try:
        require(caller, action)
    except ForbiddenError:
        return False
    return True
