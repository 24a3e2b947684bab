"""The contract's schemas: the bodies' as pydantic checks them, the merge patches', the answers'."""

import json
from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.routes import bodies
from tools.openapi import answers
from tools.openapi.resources import ANSWERS
from tools.openapi.routes import Operation

SCHEMAS = "#/components/schemas/"
PROBLEMS = (answers.ProblemAnswer, answers.InvalidProblemAnswer)
Schema = dict[str, Any]


def schemas(operations: Iterable[Operation]) -> dict[str, Schema]:
    """Every schema by its name in the contract. Raises LookupError where a route names none."""
    routes = [operation.route for operation in operations]
    patches = {str(route.body) for route in routes if (route.body or "").endswith("Patch")}
    changes = {_change(name) for name in patches}
    sent = changes | {route.body for route in routes if route.body} - patches
    known = _bodies()
    made = _made([known[f"{name}Body"] for name in sent], "validation")
    found = {_name(name): _without_defaults(schema) for name, schema in made.items()}
    given = {route.answer for route in routes if route.answer and "/" not in route.answer}
    models = [*(ANSWERS[f"{name}Answer"] for name in given), *PROBLEMS]
    found |= {
        _name(name): _given(schema) for name, schema in _made(models, "serialization").items()
    }
    for name in sent:
        if name.endswith("Change"):
            _type_read_only(found[name], found[name.removesuffix("Change")])
    for name in patches:
        _add_patch(found, _change(name), name)
    return {name: found[name] for name in sorted(found)}


def _change(patch: str) -> str:
    """The body whose merge patch this is."""
    return patch.removesuffix("Patch") + "Change"


def _bodies() -> dict[str, type[BaseModel]]:
    modules = [
        import_module(f"{bodies.__name__}.{one.name}") for one in iter_modules(bodies.__path__)
    ]
    return {name: model for module in modules for name, model in vars(module).items()}


def _name(model: str) -> str:
    """What a body or an answer is called in the contract."""
    return model.removesuffix("Body").removesuffix("Answer")


def _made(models: Iterable[type[BaseModel]], mode: Any) -> dict[str, Schema]:
    _, made = models_json_schema(
        [(model, mode) for model in models], ref_template=SCHEMAS + "{model}"
    )
    definitions: dict[str, Schema] = made["$defs"]
    return {name: _plain(schema) for name, schema in definitions.items()}


def _plain(part: Any) -> Any:
    """Without pydantic's titles, which say a name again, and with the contract's names."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {
        name: {key: _plain(each) for key, each in value.items()}
        if name == "properties"
        else _plain(value)
        for name, value in part.items()
        if name != "title"
    }
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if "$ref" in kept:
        name = str(kept["$ref"]).removeprefix(SCHEMAS)
        kept["$ref"] = SCHEMAS + _name(name)
    return kept


def _without_defaults(body: Schema) -> Schema:
    """In words: generators take a member with a default for one that is always there."""
    for member in body["properties"].values():
        default = member.pop("default", None)
        if default not in (None, "", []) and not isinstance(default, dict):
            member["description"] = f"`{json.dumps(default).strip(chr(34))}` if left out"
    return body


def _given(answer: Schema) -> Schema:
    """What may be missing from an answer is missing: there is no value in its place."""
    for member in answer["properties"].values():
        member.pop("default", None)
    return answer


def _type_read_only(body: Schema, answer: Schema) -> None:
    """A read-only member of a body is what the answer says; in code it is compared, not parsed."""
    for name, member in body["properties"].items():
        if member.get("readOnly"):
            read = answer["properties"][name]
            read = {"allOf": [read]} if "$ref" in read else read
            said = "Leave it out, or send it as you read it"
            body["properties"][name] = {**read, "readOnly": True, "description": said}


def _add_patch(found: dict[str, Schema], body: str, patch: str) -> None:
    """The merge patch (RFC 7396) of a body: all may be left out, null takes away what need not be there."""
    schema = found[body]
    required = schema.get("required", [])
    properties = {
        name: _patched(found, member, name in required or bool(member.get("readOnly")))
        for name, member in schema["properties"].items()
    }
    found[patch] = {
        "type": "object",
        "description": "JSON Merge Patch: what is left out stays, null takes away",
        "additionalProperties": False,
        "properties": properties,
    }


def _patched(found: dict[str, Schema], member: Schema, must_stay: bool) -> Schema:
    choices = [choice for choice in member.get("anyOf", [member]) if choice != {"type": "null"}]
    plain = [{k: v for k, v in choice.items() if k != "description"} for choice in choices]
    for choice in plain:
        name = str(choice.get("$ref", "")).removeprefix(SCHEMAS)
        if found.get(name, {}).get("type") == "object":
            if f"{name}Patch" not in found:
                _add_patch(found, name, f"{name}Patch")
            choice["$ref"] = f"{SCHEMAS}{name}Patch"
    if must_stay:
        return plain[0]
    return {"anyOf": [*plain, {"type": "null"}]}
