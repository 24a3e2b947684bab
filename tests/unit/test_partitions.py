"""The DNS suffix of every partition in botocore, in each name that this project builds."""

from typing import Any

import boto3
import pytest
from botocore.loaders import create_loader
from botocore.session import get_session

from chalicelib.models.identity import Pool
from chalicelib.partitions import DOMAIN, DOMAINS, domain_of
from container.parameters import IMAGE
from tests.support.emulator import CREDENTIALS

PARTITIONS: list[dict[str, Any]] = create_loader().load_data("partitions")["partitions"]
REGIONS = [
    (partition["id"], region, partition["outputs"]["dnsSuffix"])
    for partition in PARTITIONS
    for region in partition["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize(("partition", "region", "domain"), REGIONS)
def test_the_domain_of_each_region_is_the_sdks(partition: str, region: str, domain: str) -> None:
    assert domain_of(region) == domain
    image = f"123456789012.dkr.ecr.{region}.{domain}/landscape-api:1.0.0"
    found = IMAGE.fullmatch(image)
    assert found
    assert found["region"] == region
    pool = Pool(
        "any",
        f"arn:{partition}:cognito-idp:{region}:123456789012:userpool/{region}_AbC",
        frozenset(),
    )
    assert pool.issuer == f"https://cognito-idp.{region}.{domain}/{region}_AbC"


def test_no_domain_is_there_that_the_sdk_does_not_know() -> None:
    assert {DOMAIN, *DOMAINS.values()} == {each["outputs"]["dnsSuffix"] for each in PARTITIONS}


@pytest.mark.parametrize("partition", get_session().get_available_partitions())
def test_a_pools_issuer_is_where_the_sdk_calls_cognito(partition: str) -> None:
    for region in get_session().get_available_regions("cognito-idp", partition):
        called = boto3.client("cognito-idp", region_name=region, **CREDENTIALS).meta.endpoint_url
        arn = f"arn:{partition}:cognito-idp:{region}:123456789012:userpool/{region}_AbC"
        assert Pool("any", arn, frozenset()).issuer == f"{called}/{region}_AbC"
