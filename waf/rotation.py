"""Changes the inserted header's value without one refused request.

    the table holds [old]         the web ACL inserts old
    the table holds [old, new]    old     every running environment can read both
    the table holds [old, new]    new     until the change has reached all of WAF
    the table holds [new]         new

At no moment does the web ACL insert what the table does not hold. Whoever finds two values in the
table goes on from there, however the run before was ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ops.steps import AS_WANTED, Step
from waf import secret
from waf.acl import Options, put_acl
from waf.place import Place

# The application reads the table again at most once in ten seconds; with room for slow readers.
EVERYBODY_HAS_READ = 15.0  # seconds
PROPAGATION = 120.0  # seconds
ASKED_FOR, HALF_WAY = "to be changed", "half-way through a change"


@dataclass(frozen=True)
class Rotation:
    """`requested` by an operator, or only to be finished. `propagation` is in seconds."""

    requested: bool = False
    propagation: float = PROPAGATION


def rotation_step(
    place: Place,
    known: secret.Secret,
    options: Options,
    rotation: Rotation,
    say: Callable[[str], None],
) -> Step:
    """What is to become of the values that are `known`, once everything else is as it should be."""
    found = AS_WANTED
    if len(known.values) > 1:
        found = HALF_WAY
    elif known.values and rotation.requested:
        found = ASKED_FOR
    rotate = partial(_rotate, place, options, rotation, say)
    return Step("inserted header's value", found, AS_WANTED, rotate)


def _rotate(place: Place, options: Options, rotation: Rotation, say: Callable[[str], None]) -> None:
    """Raises FirewallError, errors.UnavailableError."""
    known = secret.read(place.table)
    if len(known.values) == 1 and rotation.requested:
        both = (*known.values, secret.new_value())
        known = secret.write(place.table, known, both, place.now())
    if len(known.values) < 2:  # somebody else has finished
        return
    seconds = _left_to_wait(known, place.now())
    say(f"every running environment reads the new value: {seconds:.0f} s")
    place.waf.wait(seconds)
    put = partial(put_acl, place, options, newest=True)
    place.waf.until_done(put)
    is_known = False
    while not is_known:
        say(f"the web ACL's change reaches all of AWS WAF: {rotation.propagation:.0f} s")
        place.waf.wait(rotation.propagation)
        is_known = not place.waf.until_done(put)
    secret.write(place.table, known, known.values[-1:], place.now())


def _left_to_wait(known: secret.Secret, now: datetime) -> float:
    try:
        since = (now - datetime.fromisoformat(known.changed_at)).total_seconds()
    except (TypeError, ValueError):  # changed by hand: nobody knows when
        return EVERYBODY_HAS_READ
    return min(EVERYBODY_HAS_READ, max(0.0, EVERYBODY_HAS_READ - since))
