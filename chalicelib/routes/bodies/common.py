"""Text, choices and read-only fields, and how what pydantic finds becomes the caller's 422."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar
from unicodedata import category
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from chalicelib.errors import Flaw, InvalidError
from chalicelib.routes.requests import pointer

LONGEST_NAME = 200
LONGEST_TEXT = 5000
LONGEST_URL = 2048
LONGEST_EMAIL = 254
LABEL = r"\w([\w-]*\w)?"
EMAIL = re.compile(rf"[^\s@<>()\[\],;:\"\\]{{1,64}}@({LABEL}\.)+{LABEL}")
HOST = re.compile(rf"({LABEL}\.)*{LABEL}\.?|[0-9a-f.]*:[0-9a-f:.]*")
WORDING = {
    "extra_forbidden": "unknown field",
    "missing": "is required",
    "string_type": "is not a text",
    "string_too_long": "has more than {max_length} characters",
    "list_type": "is not a list",
    "too_long": "has more than {max_length} items",
    "too_short": "has fewer than {min_length} items",
    "bool_type": "is neither true nor false",
    "model_type": "is not an object",
    "dict_type": "is not an object",
    "model_attributes_type": "is not an object",
}

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """Strict: a number is no text, and a field we do not know is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _one_line(text: str) -> str:
    if re.search(r"[\t\n\r]", text):
        raise ValueError("is one line of text: no tab, no line end")
    return " ".join(text.split())


def _present(text: str) -> str:
    if all(category(sign)[0] in "CZM" for sign in text):  # invisible, one and all
        raise ValueError("must not be blank")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError("is not an http or https URL")
    if "@" in parts.netloc:
        raise ValueError("carries a user name or a password: leave them out")
    if not HOST.fullmatch(host) or re.search(r"\s", text):
        raise ValueError("is not a URL")
    return text


def _url_or_nothing(text: str) -> str:
    return _url(text) if text else text


def _email(text: str) -> str:
    if not EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address")
    return text


def choice(options: Iterable[str]) -> tuple[AfterValidator, Any]:
    """The annotations of a text that is one of `options`."""
    known = tuple(options)

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"is not one of {', '.join(known)}")
        return text

    return AfterValidator(check), Field(json_schema_extra={"enum": list(known)})


Line = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_one_line)]
Name = Annotated[Line, AfterValidator(_present), Field(json_schema_extra={"minLength": 1})]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Url = Annotated[
    str, Field(max_length=LONGEST_URL, json_schema_extra={"format": "uri"}), AfterValidator(_url)
]
UrlOrNothing = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(_url_or_nothing)]
Email = Annotated[
    str,
    Field(max_length=LONGEST_EMAIL, json_schema_extra={"format": "email"}),
    AfterValidator(_email),
]
# Sent back as it was read it is fine; routes.writing compares it.
ReadOnly = Annotated[Any, Field(json_schema_extra={"readOnly": True})]


def parse(model: type[M], body: Mapping[str, Any]) -> M:
    """Raises InvalidError with a flaw for each thing that is wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise InvalidError(*_flaws(error)) from None


def check_given(model: type[Body], patch: Mapping[str, Any]) -> None:
    """Checks the members that a merge patch gives. Raises InvalidError; what is missing is fine.

    So is null, which takes a member away, where there is such a member.
    """
    try:
        model.model_validate(patch)
    except ValidationError as error:
        flaws = _flaws(error, of_a_patch=True)
        if flaws:
            raise InvalidError(*flaws) from None


def read_only(model: type[Body]) -> list[str]:
    """The members that a caller may send back as they were read, and not change."""
    return [
        name
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("readOnly")
    ]


def _flaws(error: ValidationError, *, of_a_patch: bool = False) -> list[Flaw]:
    """Where and what; never the value itself, which may be anybody's."""
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
