"""Hides secret headers in AWS WAF's samples and logs, with the web ACL's data protection.

Redaction in the log settings does not cover samples. Data protection covers both.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.firewall.names import HEADER

# A token, the e-mail address of the user that a role names, a role's session token, and the header
# that the allow rule inserts.
HIDDEN = ("authorization", "on-behalf-of", "x-amz-security-token", HEADER)


def protection(found: Mapping[str, Any]) -> dict[str, Any]:
    """The DataProtectionConfig of `found`, with a first item that hides HIDDEN if others do not."""
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
    """The headers that it covers, in lower case."""
    to_hide = protection["Field"]
    is_of_headers = to_hide["FieldType"] == "SINGLE_HEADER"
    return [key.lower() for key in to_hide.get("FieldKeys", [])] if is_of_headers else []


def _hides(protection: Mapping[str, Any]) -> bool:
    """Whether it has no exception."""
    exceptions = ("ExcludeRuleMatchDetails", "ExcludeRateBasedDetails")
    return not any(protection.get(each) for each in exceptions)


def _without_hidden(protection: Mapping[str, Any]) -> dict[str, Any] | None:
    """The protection without the headers in HIDDEN, or None if it has no other. AWS accepts no header twice."""
    headers = _headers_in(protection)
    left = [header for header in headers if header not in HIDDEN]
    if headers and not left:
        return None
    keys = {"FieldKeys": left} if headers else {}
    return {**protection, "Field": {**protection["Field"], **keys}}
