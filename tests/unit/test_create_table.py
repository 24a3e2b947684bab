"""What the emulated AWS never does to a table that was just made."""

import boto3
import create
import pytest
from botocore.stub import Stubber

from tests.emulator import CREDENTIALS, REGION

NAME = "landscape-dev"


@pytest.mark.parametrize("refusals", [0, 1, 3])
def test_recovery_is_tried_again_while_backups_are_being_enabled(refusals: int) -> None:
    client = boto3.client("dynamodb", region_name=REGION, **CREDENTIALS)
    pauses: list[float] = []
    operation = "update_continuous_backups"
    with Stubber(client) as stubber:
        for _ in range(refusals):
            stubber.add_client_error(operation, "ContinuousBackupsUnavailableException")
        stubber.add_response(operation, {})
        wanted = {"PointInTimeRecoveryEnabled": True}
        create.once_backups_are_enabled(
            client,
            lambda: client.update_continuous_backups(
                TableName=NAME, PointInTimeRecoverySpecification=wanted
            ),
            pauses.append,
        )
        stubber.assert_no_pending_responses()
    assert len(pauses) == refusals
