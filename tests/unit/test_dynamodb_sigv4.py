"""The signature, against botocore's: the same for whatever is sent."""

import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.stores.dynamodb.sigv4 import Credentials, authorization

REQUESTS = 2000
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).map("x-{}".format)
# What a header may hold, with blanks within and around, and letters beyond ASCII.
VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)
HOSTS = st.sampled_from(["localhost", "127.0.0.1", "[::1]", "dynamodb.eu-west-2.amazonaws.com"])
PORTS = st.just("") | st.integers(1, 65535).map(":{}".format)
REGIONS = st.sampled_from(["eu-west-2", "us-gov-west-1", "cn-northwest-1", "local"])
KEYS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40)
MOMENTS = st.integers(0, 4_000_000_000)
BODIES = st.binary(max_size=300)


@settings(max_examples=REQUESTS, deadline=None)
@given(
    host=st.builds("{}{}".format, HOSTS, PORTS),
    more=st.dictionaries(NAMES, VALUES, max_size=3),
    token=st.none() | VALUES,
    body=BODIES,
    keys=st.tuples(KEYS, KEYS),
    region=REGIONS,
    moment=MOMENTS,
)
def test_whatever_is_sent_is_signed_as_botocore_signs_it(
    host: str,
    more: dict[str, str],
    token: str | None,
    body: bytes,
    keys: tuple[str, str],
    region: str,
    moment: int,
) -> None:
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
    headers = {**more, "host": host, "x-amz-date": date}
    if token is not None:
        headers["x-amz-security-token"] = token
    credentials = Credentials(*keys, token or "")
    wanted = signed_by_botocore(headers, body, credentials, region)
    assert authorization(headers, body, credentials, region, "dynamodb") == wanted


def signed_by_botocore(
    headers: dict[str, str], body: bytes, credentials: Credentials, region: str
) -> str:
    request = AWSRequest("POST", f"http://{headers['host']}/", headers, body)
    request.context["timestamp"] = headers["x-amz-date"]
    keys = BotoCredentials(credentials.access_key, credentials.secret_key)
    signer = SigV4Auth(keys, "dynamodb", region)
    told = signer.string_to_sign(request, signer.canonical_request(request))
    names = signer.signed_headers(signer.headers_to_sign(request))
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)},"
        f" SignedHeaders={names}, Signature={signer.signature(told, request)}"
    )


def test_nothing_secret_is_shown() -> None:
    assert "hidden" not in repr(Credentials("AKID", "hidden key", "hidden token"))
