"""The signature equals botocore's for every request."""

import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.stores.dynamodb.sigv4 import Credentials, authorization

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).map("x-{}".format)
# The values of a header, with spaces inside and around, and letters beyond ASCII.
VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)
HOSTS = st.sampled_from(["localhost", "127.0.0.1", "[::1]", "dynamodb.eu-west-2.amazonaws.com"])
PORTS = st.just("") | st.integers(1, 65535).map(":{}".format)
KEYS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40)


@settings(max_examples=2000, deadline=None)
@given(
    host=st.builds("{}{}".format, HOSTS, PORTS),
    more=st.dictionaries(NAMES, VALUES, max_size=3),
    token=st.none() | VALUES,
    body=st.binary(max_size=300),
    keys=st.tuples(KEYS, KEYS),
    region=st.sampled_from(["eu-west-2", "us-gov-west-1", "cn-northwest-1", "local"]),
    moment=st.integers(0, 4_000_000_000),
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
    request = AWSRequest("POST", f"http://{host}/", headers, body)
    request.context["timestamp"] = date
    signer = SigV4Auth(BotoCredentials(*keys), "dynamodb", region)
    told = signer.string_to_sign(request, signer.canonical_request(request))
    assert authorization(headers, body, Credentials(*keys, token or ""), region, "dynamodb") == (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)},"
        f" SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))},"
        f" Signature={signer.signature(told, request)}"
    )


def test_nothing_secret_is_shown() -> None:
    assert "hidden" not in repr(Credentials("AKID", "hidden key", "hidden token"))
