"""docs/problems.md: each problem's cause, its cure, and whether to send the request again.

Names, statuses and titles are those of the code that answers.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chalicelib.routes.problems import TABLE
from ops.gateway.responses import RESPONSES
from tools.openapi.problems import OTHERS, firewall_problems

AGAIN_LATER = "Yes, after the seconds in `Retry-After`."
NO = "No."
AFTER_CURE = "Yes, after the cure."


class Explanation(NamedTuple):
    cause: str
    cure: str
    again: str


EXPLAINED = {
    "malformed": Explanation(
        "The API cannot read the request. Examples are a body that is not a JSON object, a header in"
        " a wrong form, and a cursor of another list.",
        "Correct the part that `detail` names. Begin the list again if it is a cursor.",
        NO,
    ),
    "unauthenticated": Explanation(
        "The request has no token, or a token that has expired or belongs to another user pool."
        " Under `/iam`, the credentials have expired.",
        "Sign in again, and send the new ID token. Under `/iam`, get new credentials and sign the"
        " request again.",
        AFTER_CURE,
    ),
    "forbidden": Explanation(
        "The caller is identified. The caller's service, group or relation to the project does not"
        " allow the request.",
        "Read `/api/v1/me`, which lists what the caller may do. Ask an administrator of your service"
        " for the group that `detail` names.",
        NO,
    ),
    "closed": Explanation(
        "The request did not pass AWS WAF, or the stage has no web ACL.",
        "Use the address that the operator has published. An operator runs `landscape status`, which"
        " names the fault and its cure.",
        NO,
    ),
    "filtered": Explanation(
        "A managed rule of AWS WAF blocked the request or its address.",
        "Remove the part of the request that looks like an attack. Ask an operator which rule blocked"
        " it.",
        NO,
    ),
    "not-listed": Explanation(
        "The caller's address is not on the allow list of AWS WAF, or it is on the deny list.",
        "Ask an operator to add the address: `waf/allowlist.py add ADDRESS --stage STAGE`.",
        AFTER_CURE,
    ),
    "not-found": Explanation(
        "The path or the record does not exist, or the path does not support the method. Under `/iam`,"
        " the signature is missing or invalid.",
        "Compare the path and the method with the contract. Under `/iam`, sign the request again.",
        NO,
    ),
    "method-not-allowed": Explanation(
        "The path does not support the method. API Gateway answers `not-found` instead.",
        "Use a method that the header `Allow` lists.",
        NO,
    ),
    "name-taken": Explanation(
        "Another record has the name, the alias or the id.",
        "Use the existing record, or choose another name.",
        NO,
    ),
    "in-use": Explanation(
        "Projects use the technology, so the API does not delete it.",
        "Remove the technology from these projects, or merge it into another technology.",
        AFTER_CURE,
    ),
    "conflict": Explanation(
        "Another request changed the same record at the same time, or the record has reached a limit.",
        "Send the request again. If `detail` names a limit, shorten the record first.",
        "Yes, with a growing pause.",
    ),
    "version-mismatch": Explanation(
        "Another caller changed the record after you read it.",
        "Read the record again, make your change again, and send its new `ETag` in `If-Match`.",
        AFTER_CURE,
    ),
    "payload-too-large": Explanation(
        "The body is larger than 256 KiB.",
        "Send less: shorten texts, or split the request.",
        NO,
    ),
    "unsupported-media-type": Explanation(
        "The body is not JSON, or it has a `Content-Encoding`.",
        "Send uncompressed JSON with `Content-Type: application/json`.",
        NO,
    ),
    "invalid": Explanation(
        "The API can read the request, but a value breaks a rule. `errors` lists each place.",
        "Correct each value that `errors` lists.",
        NO,
    ),
    "idempotency-key-reused": Explanation(
        "The same `Idempotency-Key` came with another body in the last 24 hours.",
        "Use a new key for each new request.",
        "Yes, with a new key.",
    ),
    "precondition-required": Explanation(
        "A `PUT`, `PATCH` or `DELETE` has no `If-Match`.",
        "Send the `ETag` that you read in `If-Match`. `If-Match: *` accepts any version.",
        AFTER_CURE,
    ),
    "quota-exceeded": Explanation(
        "The caller's projects have added the most new technologies that one day allows.",
        "Name technologies that the register has, or wait until midnight UTC.",
        AGAIN_LATER,
    ),
    "too-many-requests": Explanation(
        "The caller, or all callers together, sent more requests than the limits allow.",
        "Wait, then send fewer requests. [versions.md](versions.md#rate-limits) lists the limits.",
        AGAIN_LATER,
    ),
    "refused": Explanation(
        "API Gateway or the container's server rejected the request before it reached the API.",
        "Correct the part that `detail` names. Under `/iam`, check the credentials and the signature.",
        NO,
    ),
    "internal": Explanation(
        "The API has a fault, which is in its log.",
        "Report the `request_id` to an operator.",
        "Once. Send a `POST` with the same `Idempotency-Key`.",
    ),
    "unavailable": Explanation(
        "The API or its database cannot answer at the moment.",
        "Wait, then send the request again. If it lasts, ask an operator to run `landscape status`.",
        AGAIN_LATER,
    ),
    "timeout": Explanation(
        "The answer took longer than 29 seconds. The API may have carried out the request.",
        "Read the record before you write again.",
        "Yes for a read. A `POST` needs the same `Idempotency-Key`.",
    ),
}
METHOD_NOT_ALLOWED = (405, "method-not-allowed", "Method not allowed")
# The two families of API Gateway's errors. Each error of a family has its own status.
FAMILIES = {"refused": "400 to 499, or 501", "internal": "500 to 599"}
TYPES = (
    "The name of the problem follows the last `#` or `:`. The whole is a URL of the documentation if"
    " the operator has set one, otherwise a URN. Later releases can add names: treat an unknown name"
    " by its status. The names are:\n\n" + "\n".join(f"- `{name}`" for name in sorted(EXPLAINED))
)
HEAD = """# Problems

<!-- `make openapi` writes this page: do not edit it. -->

Every error is a problem document (RFC 9457). Its `type` names one of the problems below.

- If the setting `LANDSCAPE_DOCUMENTATION_URL` has an address, `type` is the URL of a section here.
- Otherwise `type` is `urn:landscape-api:problem:` and the name.

Compare the name, the part behind the last `#` or `:`. New problems may be added at any time, so
treat an unknown name by its status ([versions.md](versions.md)).

| problem | status | send it again |
|---|---|---|
"""


def page() -> str:
    """The page, with a section for each problem. Raises KeyError for one without an explanation."""
    found = problems()
    rows = [
        f"| [{name}](#{name}) | {status} | {EXPLAINED[name].again} |\n"
        for name, (status, _) in found.items()
    ]
    sections = [
        f"\n## {name}\n\nStatus {status}. Title: {titles}.\n\n- **Cause.** {EXPLAINED[name].cause}\n"
        f"- **Cure.** {EXPLAINED[name].cure}\n- **Send it again?** {EXPLAINED[name].again}\n"
        for name, (status, titles) in found.items()
    ]
    return HEAD + "".join(rows) + "".join(sections)


def problems() -> dict[str, tuple[str, str]]:
    """The status and the titles of each problem by its name, in the order of the statuses."""
    titles: dict[tuple[int, str], list[str]] = {}
    for status, name, title in sorted(_answered(), key=lambda one: one[0]):
        known = titles.setdefault((status, name), [])
        if title not in known:
            known.append(title)
    return {
        name: (FAMILIES.get(name, str(status)), " or ".join(f"“{title}”" for title in found))
        for (status, name), found in titles.items()
    }


def _answered() -> Iterator[tuple[int, str, str]]:
    """The status, name and title of each problem of the API, API Gateway and the firewall."""
    yield from ((status, name, title) for _, status, name, title in TABLE)
    yield from ((status, name, title) for status, name, title, _ in OTHERS)
    yield METHOD_NOT_ALLOWED
    for one in RESPONSES:
        family = 100 * int(one.kind[8]) if one.kind.startswith("DEFAULT_") else 0
        yield one.status or family, one.name, one.title
    for name, value in firewall_problems().items():
        yield value["status"], name, value["title"]
