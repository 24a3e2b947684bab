"""Detaches the web ACL, or deletes all that associate.py created in AWS WAF."""

from collections.abc import Iterator
from functools import partial

from chalicelib.firewall.calls import STILL_IN_USE, NotYetError
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import SCOPE
from chalicelib.firewall.sets import SetKey, set_keys
from ops.steps import GONE, Step
from waf.logs import find_logging
from waf.place import Place, is_ours, resource_name

THERE = "there"
TYPES = ("API_GATEWAY", "APPLICATION_LOAD_BALANCER")  # the resources that this command associates


def detach_steps(place: Place) -> list[Step]:
    """Detaches our web ACL alone. Another team's stays associated."""
    place.waf.until_done(place.find_acl)
    found = place.waf.until_done(place.find_associated)
    name = found["Name"] if found else "none"
    wanted = "none" if is_ours(place, found) else name
    return [Step(f"web ACL of {place.resource}", name, wanted, partial(_detach, place))]


def _detach(place: Place) -> None:
    def attempt() -> None:
        if is_ours(place, place.find_associated()):
            place.waf("disassociate_web_acl", ResourceArn=place.resource_arn)

    def require_gone() -> None:
        if is_ours(place, place.find_associated()):
            raise NotYetError(f"the web ACL {place.names.web_acl} is not detached yet")

    place.waf.until_done(attempt)
    place.waf.until_done(require_gone)


def delete_steps(place: Place) -> Iterator[Step]:
    """In the order that AWS needs: a resource goes before those that it refers to.

    Raises FirewallError if another resource has the web ACL too.
    """
    yield from detach_steps(place)
    acl = place.waf.until_done(place.find_acl)
    if acl:
        place.waf.until_done(partial(_require_no_other, place, acl.arn))
    logging = place.waf.until_done(partial(find_logging, place, acl.arn)) if acl else None
    yield _gone("logs of the web ACL", logging is not None, partial(_stop_logging, place))
    what = f"web ACL {place.names.web_acl}"
    yield _gone(what, acl is not None, partial(_until_unused, place, partial(_delete_acl, place)))
    sets = place.waf.until_done(place.find_sets)
    for key in set_keys():
        delete = partial(_until_unused, place, partial(_delete_set, place, key))
        yield _gone(f"IP set {place.names.ip_set(*key)}", key in sets, delete)


def _require_no_other(place: Place, acl_arn: str) -> None:
    """Call it within Waf.until_done."""
    others: list[str] = []
    for kind in TYPES:
        found = place.waf("list_resources_for_web_acl", WebACLArn=acl_arn, ResourceType=kind)
        others += [arn for arn in found["ResourceArns"] if arn != place.resource_arn]
    if others:
        names = ", ".join(resource_name(arn) for arn in others)
        raise FirewallError(
            f"the web ACL {place.names.web_acl} is also in front of {names}: nothing was changed."
            f" Detach it there first ({', '.join(map(_detaching, others))})."
            f" Or detach it from {place.resource} alone with --detach"
        )


def _detaching(arn: str) -> str:
    """The options that detach the web ACL from this resource."""
    if ":loadbalancer/" in arn:
        return f"--detach --load-balancer {arn}"
    return f"--detach --rest-api-id {arn.split('/')[2]}"


def _gone(what: str, is_there: bool, make: partial[None]) -> Step:
    return Step(what, THERE if is_there else GONE, GONE, make)


def _until_unused(place: Place, attempt: partial[None]) -> None:
    """Retries while AWS WAF still counts the resource as in use, which lasts a while after a change."""
    place.waf.until_done(attempt, also=STILL_IN_USE)


def _stop_logging(place: Place) -> None:
    def attempt() -> None:
        acl = place.find_acl()
        if acl and find_logging(place, acl.arn):
            place.waf("delete_logging_configuration", ResourceArn=acl.arn)

    place.waf.until_done(attempt)


def _delete_acl(place: Place) -> None:
    """Deletes its log settings too: an earlier answer of AWS WAF may have been stale."""
    found = place.find_acl()
    if found:
        if find_logging(place, found.arn):
            place.waf("delete_logging_configuration", ResourceArn=found.arn)
        lock = {"Id": found.id, "LockToken": found.lock_token}
        place.waf("delete_web_acl", Name=place.names.web_acl, Scope=SCOPE, **lock)


def _delete_set(place: Place, key: SetKey) -> None:
    found = place.find_sets().get(key)
    if found:
        lock = place.waf("get_ip_set", Name=found.name, Scope=SCOPE, Id=found.id)["LockToken"]
        place.waf("delete_ip_set", Name=found.name, Scope=SCOPE, Id=found.id, LockToken=lock)
