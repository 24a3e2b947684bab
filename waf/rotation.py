"""Changes the inserted header's value without refusing a request.

    the table holds [old]         the web ACL inserts old
    the table holds [old, new]    old     every running environment can read both
    the table holds [old, new]    new     for ten minutes, and until no request comes with the old one
    the table holds [new]         new

The web ACL never inserts a value that the table does not hold. A run that finds two values in the
table resumes an interrupted rotation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.firewall.calls import code_of
from chalicelib.firewall.errors import FirewallError
from ops.steps import AS_WANTED, Step
from waf import secret
from waf.acl import Options, put_acl
from waf.place import Place

# The application reads the table again at most once in ten seconds. This leaves time for slow reads.
EVERYBODY_HAS_READ = 15.0  # seconds
PROPAGATION = 600.0  # seconds; AWS says "seconds to minutes"
MOST_CHANGES = 3  # of the web ACL, if somebody else changes it meanwhile
QUIET = 60.0  # seconds without a request with the old value
LATE = 1.5  # times QUIET is searched: a line may reach the log late
MOST_LOOKS = 30
# The Lambda's, and the container's.
LOG_GROUPS = ("/aws/lambda/{}", "/ecs/{}-container")
OLD_VALUE = '"old_firewall_value"'  # the member of a line that chalicelib/routes/edge.py adds
REQUESTED, UNFINISHED = "rotation requested", "rotation not finished"


@dataclass(frozen=True)
class Rotation:
    """`requested`: an operator starts one; otherwise a run only finishes one. `propagation` is in seconds."""

    requested: bool = False
    propagation: float = PROPAGATION


def rotation_step(
    place: Place,
    known: secret.Secret,
    options: Options,
    rotation: Rotation,
    say: Callable[[str], None],
) -> Step:
    """The step that rotates the `known` values. It comes after all others."""
    found = AS_WANTED
    if len(known.values) > 1:
        found = UNFINISHED
    elif known.values and rotation.requested:
        found = REQUESTED
    rotate = partial(_rotate, place, options, rotation, say)
    return Step("inserted header's value", found, AS_WANTED, rotate)


def _rotate(place: Place, options: Options, rotation: Rotation, say: Callable[[str], None]) -> None:
    """Raises FirewallError, errors.UnavailableError."""
    known = secret.read(place.table)
    if len(known.values) == 1 and rotation.requested:
        both = (*known.values, secret.new_value())
        known = secret.write(place.table, known, both, place.now())
    if len(known.values) < 2:  # another run has finished it
        return
    seconds = _left_to_wait(known, place.now())
    say(f"waiting {seconds:.0f} s: every running environment reads the new value")
    place.waf.wait(seconds)
    put = partial(put_acl, place, options, newest=True)
    place.waf.until_done(put)
    for _ in range(MOST_CHANGES):
        say(f"waiting {rotation.propagation:.0f} s: AWS WAF takes the new value, both are valid")
        place.waf.wait(rotation.propagation)
        if not place.waf.until_done(put):
            break
    else:
        raise FirewallError(
            f"somebody else changed the web ACL {place.names.web_acl} {MOST_CHANGES} times: both values"
            " stay valid, and no request is refused. Run the command again later"
        )
    _wait_until_quiet(place, rotation, say)
    secret.write(place.table, known, known.values[-1:], place.now())


def _wait_until_quiet(place: Place, rotation: Rotation, say: Callable[[str], None]) -> None:
    """Raises FirewallError if requests bring the old value for too long."""
    for _ in range(MOST_LOOKS):
        try:
            if not _old_value_came(place):
                return
        except (ClientError, BotoCoreError, LookupError) as error:
            why = str(error) if isinstance(error, LookupError) else code_of(error)
            say(f"cannot check whether requests still bring the old value: {why}")
            say(f"waiting {rotation.propagation:.0f} s more: both values are valid")
            place.waf.wait(rotation.propagation)
            return
        say(f"a request brought the old value: checking again in {QUIET:.0f} s")
        place.waf.wait(QUIET)
    raise FirewallError(
        f"requests brought the old value for {MOST_LOOKS * QUIET / 60:.0f} minutes more: both values"
        " stay valid, and no request is refused. If another web ACL inserts the old one, detach it."
        " Then run the command again"
    )


def _old_value_came(place: Place) -> bool:
    """Whether a request of the last minute brought the old value, according to the application's log.

    Raises the SDK's errors; LookupError if there is no log.
    """
    since = place.now() - timedelta(seconds=QUIET * LATE)
    missing = 0
    for name in LOG_GROUPS:
        try:
            pages = place.logs.get_paginator("filter_log_events").paginate(
                logGroupName=name.format(place.names.web_acl),
                startTime=int(since.timestamp() * 1000),
                filterPattern=OLD_VALUE,
            )
            if any(page["events"] for page in pages):
                return True
        except place.logs.exceptions.ResourceNotFoundException:
            missing += 1
    if missing == len(LOG_GROUPS):
        raise LookupError("the application has no log group")
    return False


def _left_to_wait(known: secret.Secret, now: datetime) -> float:
    try:
        since = (now - datetime.fromisoformat(known.changed_at)).total_seconds()
    except (TypeError, ValueError):  # invalid: somebody changed the item by hand
        return EVERYBODY_HAS_READ
    return min(EVERYBODY_HAS_READ, max(0.0, EVERYBODY_HAS_READ - since))
