"""Calls to AWS that are made again while it is busy with a change before them."""

from collections.abc import Callable, Sequence
from time import sleep
from typing import Any

from botocore.exceptions import ClientError

# API Gateway deploys an API once in five seconds; waits after each refusal, in seconds.
PAUSES = (5.0, 5.0, 10.0, 20.0)
# Another change of the same thing is under way, too many came at once, or what was just made is
# not everywhere yet (CloudWatch Logs).
GATEWAY_BUSY = ("TooManyRequestsException", "ConflictException")
LOGS_BUSY = ("OperationAbortedException", "ResourceNotFoundException")


def make_in_turn(
    call: Callable[[], Any], busy: Sequence[str], pauses: Sequence[float] = PAUSES
) -> None:
    """Makes `call`, again after each pause while AWS refuses with one of `busy`.

    Raises the last refusal, and any other at once, as ClientError.
    """
    for pause in (*pauses, None):
        try:
            call()
        except ClientError as error:
            if pause is None or error.response["Error"].get("Code") not in busy:
                raise
            sleep(pause)
        else:
            return
