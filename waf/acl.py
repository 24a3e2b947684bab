"""Creates and updates the firewall's resources. Each step reads first, and writes only a difference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.firewall.calls import NotYetError, code_of, is_passing
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import SCOPE
from chalicelib.firewall.sets import FoundSet, SetKey, set_keys
from waf import secret
from waf.place import FoundAcl, Place, is_ours
from waf.rules import Choice, choice_of, differences, inserted_value, wanted_acl
from waf.versions import due_versions

if TYPE_CHECKING:
    from types_boto3_wafv2.type_defs import WebACLTypeDef

# Others may have set these on our web ACL. An update replaces every setting, so it repeats them.
KEPT = (
    "Description",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
)


@dataclass(frozen=True)
class Options:
    """An operator's choices. None keeps the present value, or takes the default."""

    requests: int | None = None
    count: bool | None = None
    log_group: str | None = None
    replace: bool = False
    server_requests: int | None = None
    update_rules: bool = False

    def choice(self, place: Place, found: FoundAcl | None) -> Choice:
        """Call it within Waf.until_done: it asks AWS for the versions of managed groups."""
        old = choice_of(found.settings) if found else Choice()
        return Choice(
            old.requests if self.requests is None else self.requests,
            old.count if self.count is None else self.count,
            old.server_requests if self.server_requests is None else self.server_requests,
            due_versions(place.waf, old.versions, update=self.update_rules),
        )


def make_secret(place: Place) -> None:
    """Writes a new value if there is none, or an invalid one. The first of several runs decides.

    Raises FirewallError, errors.UnavailableError.
    """
    seen = secret.read(place.table)
    if seen.values:
        return
    try:
        secret.write(place.table, seen, (secret.new_value(),), place.now())
    except FirewallError:
        if not secret.read(place.table).values:
            raise


def make_set(place: Place, key: SetKey) -> None:
    """Creates an empty set, which align.align fills. Call it within Waf.until_done."""
    if key not in place.find_sets():
        made = place.waf(
            "create_ip_set",
            Name=place.names.ip_set(*key),
            Scope=SCOPE,
            IPAddressVersion=key[1],
            Addresses=[],
            Tags=place.tags,
        )
        place.ours.add(made["Summary"]["ARN"])


def require_sets(place: Place) -> dict[SetKey, FoundSet]:
    """All six sets. Raises NotYetError: AWS WAF may not list a new set yet."""
    sets = place.find_sets()
    missing = [place.names.ip_set(*key) for key in set_keys() if key not in sets]
    if missing:
        raise NotYetError(f"the IP set {missing[0]} is not listed yet")
    return sets


def put_acl(place: Place, options: Options, *, newest: bool = False) -> bool:
    """Creates or updates the web ACL. Returns whether it wrote. `newest` is for a rotation: see due_value.

    It reads the web ACL before the header's value: a write in between makes the lock token stale.
    Call it within Waf.until_done. Raises FirewallError.
    """
    sets = require_sets(place)
    found = place.find_acl()
    value = due_value(secret.read(place.table), found, newest=newest)
    arns = {key: each.arn for key, each in sets.items()}
    held = found.settings if found else None
    choice = options.choice(place, found)
    wanted = wanted_acl(place.names, arns, value, choice, held, place.problem_types)
    if found is None:
        _write(place, "create_web_acl", {**wanted, "Tags": place.tags})
    elif differences(found.settings, wanted):
        kept = {name: each for name, each in found.settings.items() if name in KEPT and each}
        lock = {"Id": found.id, "LockToken": found.lock_token}
        _write(place, "update_web_acl", {**kept, **wanted, **lock})
    else:
        return False
    return True


def due_value(known: secret.Secret, found: FoundAcl | None, *, newest: bool) -> str:
    """The value of the table that the web ACL must insert now.

    Of two values the oldest, which every running environment has read. A rotation writes the newest
    after all have read it, and the web ACL then keeps the newest. Raises FirewallError.
    """
    if not known.values:
        raise FirewallError("the table no longer has the header's value: run the command again")
    held = inserted_value(found.settings) if found else None
    return known.values[-1] if newest or held == known.values[-1] else known.values[0]


def _write(place: Place, operation: str, parameters: Mapping[str, object]) -> None:
    """Shows only the code of a refusal: the text of AWS or its SDK may repeat the header's value.

    Raises FirewallError. A temporary error is raised unchanged.
    """
    try:
        made = place.waf(operation, Name=place.names.web_acl, Scope=SCOPE, **parameters)
    except (ClientError, BotoCoreError) as error:
        if is_passing(error):
            raise
        about = getattr(error, "response", {}).get("Field", "")
        raise FirewallError(
            f"the web ACL {place.names.web_acl} was refused: {code_of(error)}"
            f"{f', field {about}' if about else ''}. {HINTS.get(code_of(error), HINT)}"
        ) from None
    if "Summary" in made:
        place.ours.add(made["Summary"]["ARN"])


HINTS = {
    "AccessDeniedException": "Compare your rights with the policy that --print-policy prints",
    "WAFLimitsExceededException": "Delete unused web ACLs in this region, or ask AWS for a higher quota",
}
HINT = "Look this code up in AWS WAF's API reference"


def associate(place: Place, options: Options) -> None:
    """Call it within Waf.until_done. Raises FirewallError if only --replace may replace a web ACL."""
    acl = place.require_acl()
    found = place.find_associated()
    if is_ours(place, found):
        return
    if found is not None and not options.replace:
        raise FirewallError(another(place, found))
    place.waf("associate_web_acl", WebACLArn=acl.arn, ResourceArn=place.resource_arn)


def another(place: Place, associated: "WebACLTypeDef") -> str:
    return (
        f"{place.resource} has another web ACL: {associated['Name']} ({associated['ARN']})."
        " Ask its owner; --replace replaces it"
    )


def wait_until_associated(place: Place) -> None:
    """Asks until the web ACL is associated. Raises FirewallError, and never NotYetError, after the timeout."""

    def attempt() -> None:
        if not is_ours(place, place.find_associated()):
            raise NotYetError(f"the web ACL {place.names.web_acl} is not associated yet")

    place.waf.until_done(attempt)


def repeated(
    place: Place, attempt: Callable[..., object], *arguments: object
) -> Callable[[], object]:
    """`attempt` with these arguments, as the `make` of a Step."""
    return partial(place.waf.until_done, partial(attempt, place, *arguments))
