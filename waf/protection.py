"""What AWS WAF keeps of a request, in samples and logs, without the headers that nobody may read there.

Redaction in the settings of logs does not reach samples; the web ACL's data protection reaches both.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.firewall.names import HEADER

# Tokens, a role's session token, the e-mail address of the user that a role names, and the header that
# the allow rule inserts.
HIDDEN = ("authorization", "on-behalf-of", "x-amz-security-token", HEADER)


def protection(found: Mapping[str, Any]) -> dict[str, Any]:
    """What there is, where it hides all that is HIDDEN; or with HIDDEN put first."""
    there = found.get("DataProtectionConfig", {}).get("DataProtections", [])
    hidden = {key for each in there if _hides(each) for key in _headers_in(each)}
    if hidden.issuperset(HIDDEN):
        return {"DataProtections": there}
    ours = {
        "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": list(HIDDEN)},
        "Action": "SUBSTITUTION",
        "ExcludeRuleMatchDetails": False,
        "ExcludeRateBasedDetails": False,
    }
    kept = [each for each in map(_without_hidden, there) if each]
    return {"DataProtections": [ours, *kept]}


def _headers_in(protection: Mapping[str, Any]) -> list[str]:
    """The headers that it is about."""
    to_hide = protection["Field"]
    is_of_headers = to_hide["FieldType"] == "SINGLE_HEADER"
    return [key.lower() for key in to_hide.get("FieldKeys", [])] if is_of_headers else []


def _hides(protection: Mapping[str, Any]) -> bool:
    """Whether it makes no exception."""
    exceptions = ("ExcludeRuleMatchDetails", "ExcludeRateBasedDetails")
    return not any(protection.get(each) for each in exceptions)


def _without_hidden(protection: Mapping[str, Any]) -> dict[str, Any] | None:
    """None where nothing is left. AWS takes no header twice."""
    headers = _headers_in(protection)
    left = [header for header in headers if header not in HIDDEN]
    if headers and not left:
        return None
    keys = {"FieldKeys": left} if headers else {}
    return {**protection, "Field": {**protection["Field"], **keys}}
