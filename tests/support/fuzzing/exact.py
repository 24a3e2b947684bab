"""The full rules of texts as patterns, for the fuzzing only. The contract has them in words.

Schemathesis uses them to generate texts that the service accepts, and texts that break one rule.
"""

from typing import Any

from chalicelib.models.caller import EMAIL, LONGEST_EMAIL
from chalicelib.models.text import LINE_ENDS, UNFIT
from chalicelib.routes.bodies.common import (
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_TEXT,
    LONGEST_URL,
    URL,
    VISIBLE,
)

Part = Any
ON_A_LINE = rf"[^{UNFIT}{LINE_ENDS}]*"
TEXT = rf"[^{UNFIT}]*"
# Unicode's tables decide which characters form a word, so ASCII's alone are not enough.
NO_WORD = rf"{UNFIT}\t\n\r\u0020-\u0022\u0024-\u002a\u002c-\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e"
SEARCH = f"[^{UNFIT}]*[^{NO_WORD}][^{UNFIT}]*"
NAME = ON_A_LINE + VISIBLE.pattern + ON_A_LINE


def with_exact_rules(document: Part) -> None:
    """Writes the full rules into the contract's schemas and parameters."""
    for schema in document["components"]["schemas"].values():
        _tighten(schema)
    for name, parameter in document["components"]["parameters"].items():
        schema = parameter["schema"]
        if schema.get("maxLength"):
            schema["pattern"] = f"^({SEARCH if name == 'q' else TEXT})$"


def _tighten(part: Part) -> None:
    if isinstance(part, list):
        for each in part:
            _tighten(each)
    elif isinstance(part, dict):
        if isinstance(part.get("maxLength"), int):
            part["pattern"] = f"^({_rule(part)})$"
        for each in part.values():
            _tighten(each)


def _rule(text: Part) -> str:
    """Raises LookupError if the text has no known kind."""
    longest, may_be_empty = text["maxLength"], "minLength" not in text
    if longest == LONGEST_NAME:
        return ON_A_LINE if may_be_empty else NAME
    if longest == LONGEST_URL:
        return f"({URL.pattern})?" if text["pattern"].endswith("?$") else URL.pattern
    return {LONGEST_NOTE: TEXT, LONGEST_TEXT: TEXT, LONGEST_EMAIL: EMAIL}[longest]
