"""Plans the firewall: the steps from the present state to the wanted one, in their order.

The stage is closed until the web ACL is associated. So an interrupted run leaves it closed, and the
same command resumes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.firewall.align import View, align, view
from chalicelib.firewall.ledger import Ledger
from chalicelib.firewall.sets import FoundSet, SetKey, set_keys
from ops.steps import AS_WANTED, MISSING, Step
from waf import secret
from waf.acl import (
    Options,
    another,
    associate,
    due_value,
    make_secret,
    make_set,
    put_acl,
    repeated,
    require_sets,
)
from waf.logs import log_steps
from waf.place import FoundAcl, Place, is_ours
from waf.rotation import Rotation, rotation_step
from waf.rules import Choice, differences, wanted_acl

if TYPE_CHECKING:
    from types_boto3_wafv2.type_defs import WebACLTypeDef

THERE, INVALID = "there", "invalid"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`in_the_way` is the reason why no step may be carried out, or empty."""

    steps: list[Step]
    in_the_way: str


def plan(place: Place, options: Options, rotation: Rotation, say: Say) -> Plan:
    """All steps in their order. Writes nothing.

    Raises FirewallError if a resource has our name and other tags, errors.UnavailableError.
    """
    ask = place.waf.until_done
    sets, acl, associated = ask(place.find_sets), ask(place.find_acl), ask(place.find_associated)
    known = secret.read(place.table)
    found = INVALID if known.is_invalid else THERE if known.values else MISSING
    steps = [
        Step("inserted header", found, THERE, partial(make_secret, place)),
        *(_set_step(place, key, sets) for key in set_keys()),
        _entries_step(place, sets),
        _acl_step(place, options, known, sets, acl),
        _association_step(place, options, associated),
        *log_steps(place, acl.arn if acl else None, options.log_group),
        rotation_step(place, known, options, rotation, say),
    ]
    if associated is None or is_ours(place, associated) or options.replace:
        return Plan(steps, "")
    return Plan(steps, another(place, associated))


def _set_step(place: Place, key: SetKey, sets: dict[SetKey, FoundSet]) -> Step:
    what = f"IP set {place.names.ip_set(*key)}"
    return Step(what, THERE if key in sets else MISSING, THERE, repeated(place, make_set, key))


def _entries_step(place: Place, sets: dict[SetKey, FoundSet]) -> Step:
    """The update of the IP sets from the table's entries."""
    ledger = Ledger(place.table)

    def see(key: SetKey) -> View:
        return view(place.waf, ledger, *key, sets.get(key), place.now())[0]

    views = [place.waf.until_done(partial(see, key)) for key in set_keys()]
    missing = sum(len(each.live - (each.addresses or frozenset())) for each in views)
    leaving = sum(len(each.leaving) for each in views)
    state = [f"{missing} missing"] * bool(missing) + [f"{leaving} too many"] * bool(leaving)

    def fill() -> None:
        place.waf.until_done(partial(require_sets, place))
        align(place.waf, place.names, ledger, place.now())

    return Step("entries in the IP sets", ", ".join(state) or AS_WANTED, AS_WANTED, fill)


def _acl_step(
    place: Place,
    options: Options,
    known: secret.Secret,
    sets: dict[SetKey, FoundSet],
    found: FoundAcl | None,
) -> Step:
    state = MISSING
    choice = place.waf.until_done(partial(options.choice, place, found))
    if found:
        arns = {key: sets[key].arn if key in sets else "" for key in set_keys()}
        value = due_value(known, found, newest=False) if known.values else ""
        types = place.problem_types
        wanted = wanted_acl(place.names, arns, value, choice, found.settings, types)
        state = ", ".join(differences(found.settings, wanted)) or _described(choice)
    return Step(
        f"web ACL {place.names.web_acl}",
        state,
        _described(choice),
        repeated(place, put_acl, options),
    )


def _described(choice: Choice) -> str:
    effect, servers = "counts" if choice.count else "blocks", f"servers: {choice.server_requests:,}"
    return f"{effect} above {choice.requests:,} requests in 5 minutes ({servers})"


def _association_step(place: Place, options: Options, found: "WebACLTypeDef | None") -> Step:
    name = place.names.web_acl
    state = f"another web ACL, {found['Name']}" if found else "none"
    return Step(
        f"web ACL of {place.resource}",
        name if is_ours(place, found) else state,
        name,
        repeated(place, associate, options),
    )
