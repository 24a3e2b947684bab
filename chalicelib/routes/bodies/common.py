"""Texts, choices and read-only fields, and the conversion of pydantic's errors to a 422."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypeAliasType

from chalicelib.errors import Flaw, InvalidError
from chalicelib.models.caller import LONGEST_EMAIL, is_email
from chalicelib.models.project import CATEGORIES
from chalicelib.models.text import (
    INVISIBLE,
    LABEL,
    LINE_ENDS,
    SPACES,
    UNFIT,
    without_ignorable,
)
from chalicelib.routes.requests import pointer

LONGEST_NAME = 200
LONGEST_TEXT = 5000
LONGEST_NOTE = 500
LONGEST_URL = 2048
GROUP = "[0-9A-Fa-f]{1,4}"
# An IPv6 address: eight groups, or fewer with one `::` for groups of 0.
IPV6 = "|".join(
    [
        f"({GROUP}:){{7}}{GROUP}",
        f"({GROUP}:){{1,7}}:",
        f":(:{GROUP}){{1,7}}",
        "::",
        *(f"({GROUP}:){{1,{7 - n}}}(:{GROUP}){{1,{n}}}" for n in range(1, 7)),
    ]
)
HOST = rf"({LABEL}\.)*{LABEL}\.?|\[({IPV6})\]"
PORT = "[0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
URL = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://({HOST})(:({PORT}))?([/?#][^{SPACES}{LINE_ENDS}{UNFIT}]*)?"
)
VISIBLE = re.compile(rf"[^{UNFIT}{LINE_ENDS}{SPACES}{INVISIBLE}]")
# The contract's patterns, which generated clients check. Each matches every text that the API accepts.
# They are printable ASCII without escapes: some generators replace an escape by its character.
NOT_BLANK = "[^ ]"
URL_PATTERN = "[Hh][Tt][Tt][Pp][Ss]?://[^ ]+"
EMAIL_PATTERN = "^[^ @]+@[^ @]+[.][^ @]+$"
URL_WORDS = (
    f"An http or https URL of at most {LONGEST_URL} characters, without a user name or a password"
)
WORDING = {
    "extra_forbidden": "unknown field: remove it",
    "missing": "is required",
    "string_type": "must be a string",
    "string_too_long": "must have at most {max_length} characters",
    "list_type": "must be a list",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} items",
    "int_type": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "bool_type": "must be true or false",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "model_attributes_type": "must be an object",
}

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """A strict body: a number is not a string, and an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _one_line(text: str) -> str:
    if re.search(r"[\t\n\r]", text):
        raise ValueError("must be one line of text, without tabs and line ends")
    return " ".join(without_ignorable(text).split())


def _present(text: str) -> str:
    if not VISIBLE.search(text):
        raise ValueError("must not be blank")
    return text


def _url(text: str) -> str:
    if URL.fullmatch(text):
        return text
    scheme, _, rest = text.partition(":")
    if scheme.lower() not in ("http", "https"):
        raise ValueError("must be an http or https URL")
    if "@" in re.split("[/?#]", rest.removeprefix("//"), maxsplit=1)[0]:
        raise ValueError("must not have a user name or a password")
    raise ValueError("must be a valid URL")


def _url_or_nothing(text: str) -> str:
    return _url(text) if text else text


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("must be an e-mail address")
    return text


def whole(value: object) -> object:
    """A whole float as an integer: in JSON, 1.0 is 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def choice(options: Iterable[str]) -> tuple[AfterValidator, Any]:
    """The annotations of a text that must be one of `options`."""
    known = tuple(options)

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return text

    return AfterValidator(check), Field(json_schema_extra={"enum": list(known)})


def limited(longest: int, words: str, pattern: str = "", shortest: int = 0) -> Any:
    """The limits of a text in the contract, in characters. `words` state the full rule."""
    limits = {"minLength": shortest, "pattern": pattern}
    extra: Any = {name: limit for name, limit in limits.items() if limit}
    return Field(max_length=longest, description=words, json_schema_extra=extra)


Line = Annotated[
    str,
    limited(LONGEST_NAME, f"At most {LONGEST_NAME} characters on one line"),
    AfterValidator(_one_line),
]
Name = Annotated[
    str,
    limited(
        LONGEST_NAME,
        f"1 to {LONGEST_NAME} characters on one line, with at least one visible character",
        NOT_BLANK,
        shortest=1,
    ),
    AfterValidator(_one_line),
    AfterValidator(_present),
]
Text = Annotated[str, limited(LONGEST_TEXT, f"At most {LONGEST_TEXT} characters")]
Note = Annotated[str, limited(LONGEST_NOTE, f"At most {LONGEST_NOTE} characters")]
Url = Annotated[
    str,
    limited(LONGEST_URL, URL_WORDS, f"^{URL_PATTERN}$"),
    AfterValidator(_url),
]
UrlOrNothing = Annotated[
    str,
    limited(LONGEST_URL, URL_WORDS, f"^({URL_PATTERN})?$"),
    AfterValidator(_url_or_nothing),
]
Email = Annotated[
    str,
    limited(LONGEST_EMAIL, f"At most {LONGEST_EMAIL} characters", EMAIL_PATTERN),
    AfterValidator(_email),
]
Category = TypeAliasType("Category", Annotated[str, *choice(CATEGORIES)])
# A caller may send it back unchanged; routes.writing compares it.
ReadOnly = Annotated[Any, Field(json_schema_extra={"readOnly": True})]


def parse(model: type[M], body: Mapping[str, Any]) -> M:
    """The parsed body. Raises InvalidError with each flaw."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InvalidError(*_flaws(error)) from None


def check_given(model: type[Body], patch: Mapping[str, Any]) -> None:
    """Checks the members of a merge patch. Raises InvalidError.

    A member may be absent, or be null, which deletes it.
    """
    try:
        model.model_validate(patch)
    except ValidationError as error:
        flaws = _flaws(error, of_a_patch=True)
        if flaws:
            raise InvalidError(*flaws) from None


def read_only(model: type[Body]) -> list[str]:
    """The members that a caller may send back unchanged, but not change."""
    return [
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("readOnly")
    ]


def _flaws(error: ValidationError, *, of_a_patch: bool = False) -> list[Flaw]:
    """The place and the rule of each flaw, without the value, which may be personal data."""
    found = error.errors(include_url=False, include_context=True)
    return [
        Flaw(pointer(*item["loc"]), _wording(item))
        for item in found
        if not (of_a_patch and (item["type"] == "missing" or _takes_away(item)))
    ]


def _takes_away(item: ErrorDetails) -> bool:
    in_a_list = isinstance(item["loc"][-1], int)
    return item["input"] is None and item["type"] != "extra_forbidden" and not in_a_list


def _wording(item: ErrorDetails) -> str:
    wording = WORDING.get(item["type"])
    if wording:
        return wording.format(**item.get("ctx", {}))
    return item["msg"].removeprefix("Value error, ")
