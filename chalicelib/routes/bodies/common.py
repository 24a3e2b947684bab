"""Text, choices and read-only fields, and how what pydantic finds becomes the caller's 422."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from chalicelib.errors import Flaw, InvalidError
from chalicelib.routes.requests import pointer

LONGEST_NAME = 200
LONGEST_TEXT = 5000
LONGEST_URL = 2048
LONGEST_EMAIL = 254
MOST_FLAWS = 50
EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]+\.[^\s@<>()\[\],;:\"\\]+")
HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.?|[0-9a-f:.]+")
WORDING = {"extra_forbidden": "unknown field", "missing": "is required"}

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """Strict: a number is no text, and a field we do not know is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _one_line(text: str) -> str:
    if re.search(r"[\t\n\r]", text):
        raise ValueError("is one line of text: no tab, no line end")
    return " ".join(text.split())


def _present(text: str) -> str:
    if not text:
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


def check_given(model: type[Body], given: Mapping[str, Any]) -> None:
    """Checks the members that are there, raising InvalidError; those that are missing are fine."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        flaws = _flaws(error, leaving_out="missing")
        if flaws:
            raise InvalidError(*flaws) from None


def _flaws(error: ValidationError, leaving_out: str = "") -> list[Flaw]:
    """Where and what; never the value itself, which may be anybody's."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        Flaw(
            pointer(*item["loc"]),
            WORDING.get(item["type"]) or item["msg"].removeprefix("Value error, "),
        )
        for item in found
        if item["type"] != leaving_out
    ][:MOST_FLAWS]
