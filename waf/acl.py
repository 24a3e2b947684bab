"""Puts what the firewall consists of where it should be: each step reads, and writes what differs."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.firewall.calls import NotYetError, code_of, is_passing
from chalicelib.firewall.errors import FirewallError
from chalicelib.firewall.names import SCOPE
from chalicelib.firewall.sets import FoundSet, SetKey, set_keys
from waf import secret
from waf.place import FoundAcl, Place, is_ours
from waf.rules import Choice, choice_of, differences, inserted_value, wanted_acl
from waf.versions import due_versions

# What somebody else may have set on our web ACL; an update replaces everything.
KEPT = (
    "Description",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
)


@dataclass(frozen=True)
class Options:
    """What an operator has chosen; None keeps what there is, or takes the default."""

    requests: int | None = None
    count: bool | None = None
    log_group: str | None = None
    replace: bool = False
    server_requests: int | None = None
    update_rules: bool = False

    def choice(self, place: Place, found: FoundAcl | None) -> Choice:
        """To be called within Waf.until_done: it asks AWS for the versions of managed groups."""
        old = choice_of(found.settings) if found else Choice()
        return Choice(
            old.requests if self.requests is None else self.requests,
            old.count if self.count is None else self.count,
            old.server_requests if self.server_requests is None else self.server_requests,
            due_versions(place.waf, old.versions, update=self.update_rules),
        )


def make_secret(place: Place) -> None:
    """Where there is none, or a spoilt one. Whoever is first decides.

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
    """Empty: align.align fills it. To be called within Waf.until_done."""
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
    """All six. Raises NotYetError: right after they were made they may not be listed."""
    sets = place.find_sets()
    missing = [place.names.ip_set(*key) for key in set_keys() if key not in sets]
    if missing:
        raise NotYetError(f"the IP set {missing[0]} is not to be seen")
    return sets


def put_acl(place: Place, options: Options, *, newest: bool = False) -> bool:
    """Whether anything was to be changed. `newest` is for a rotation: see due_value.

    The web ACL is read before the header's value is: whoever writes in between makes the lock token
    stale. To be called within Waf.until_done. Raises FirewallError.
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
        kept = {name: found.settings[name] for name in KEPT if found.settings.get(name)}
        lock = {"Id": found.id, "LockToken": found.lock_token}
        _write(place, "update_web_acl", {**kept, **wanted, **lock})
    else:
        return False
    return True


def due_value(known: secret.Secret, found: FoundAcl | None, *, newest: bool) -> str:
    """Which of the table's values the web ACL should hold at this moment.

    While there are two, the oldest, which every running environment knows; but never back from the
    newest, which a rotation writes once they all know that one too. Raises FirewallError.
    """
    if not known.values:
        raise FirewallError("the header's value has gone from the table: run the command again")
    held = inserted_value(found.settings) if found else None
    return known.values[-1] if newest or held == known.values[-1] else known.values[0]


def _write(place: Place, operation: str, parameters: dict[str, Any]) -> None:
    """What AWS or its SDK say of a refused web ACL may repeat the header's value: only a code is shown.

    Raises FirewallError, and what is passing as it is.
    """
    try:
        made = place.waf(operation, Name=place.names.web_acl, Scope=SCOPE, **parameters)
    except (ClientError, BotoCoreError) as error:
        if is_passing(error):
            raise
        about = getattr(error, "response", {}).get("Field", "")
        raise FirewallError(
            f"the web ACL {place.names.web_acl} was refused: {code_of(error)}"
            f"{f', field {about}' if about else ''}. {HINTS.get(code_of(error), '')}".strip()
        ) from None
    if "Summary" in made:
        place.ours.add(made["Summary"]["ARN"])


HINTS = {
    "AccessDeniedException": "--print-policy prints the policy that whoever runs this needs",
    "WAFLimitsExceededException": "The account may have no more of them in this region",
}


def associate(place: Place, options: Options) -> None:
    """To be called within Waf.until_done. Raises FirewallError before it replaces what is not ours."""
    acl = place.require_acl()
    found = place.find_associated()
    if is_ours(place, found):
        return
    if found is not None and not options.replace:
        raise FirewallError(another(place, found))
    place.waf("associate_web_acl", WebACLArn=acl.arn, ResourceArn=place.resource_arn)


def another(place: Place, associated: dict[str, Any]) -> str:
    return (
        f"{place.resource} has another web ACL: {associated['Name']} ({associated['ARN']})."
        " Ask whose it is; --replace takes its place"
    )


def wait_until_associated(place: Place) -> None:
    """Asks until the association holds. Raises FirewallError when the time is up, NotYetError never."""

    def attempt() -> None:
        if not is_ours(place, place.find_associated()):
            raise NotYetError(f"the web ACL {place.names.web_acl} is not associated")

    place.waf.until_done(attempt)


def repeated(place: Place, attempt: Any, *arguments: Any) -> Any:
    """`attempt`, with these arguments, as a Step's make."""
    return partial(place.waf.until_done, partial(attempt, place, *arguments))
