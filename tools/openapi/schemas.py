"""The contract's schemas: bodies as pydantic checks them, merge patches, and answers.

Each enumeration is a named schema. An answer also allows any other text, so that a generated client
accepts a value that a later release adds.
"""

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.routes import bodies
from tools.openapi import answers
from tools.openapi.resources import ANSWERS
from tools.openapi.routes import Operation
from tools.openapi.values import ENUMERATIONS, described, name_of

SCHEMAS = "#/components/schemas/"
PROBLEMS = (answers.ProblemAnswer, answers.InvalidProblemAnswer)
Schema = dict[str, Any]
GROWING = {*ENUMERATIONS, "Permission"}
TEXT = {"type": "string"}
NULL = {"type": "null"}
# The answer with the members of a body, if their names differ.
ANSWER_OF = {
    "Development": "ProjectDevelopment",
    "Hosting": "ProjectHosting",
    "Repository": "ProjectRepository",
    "TechnologyUse": "ProjectTechnology",
    "NamedItem": "ProjectItem",
}


def schemas(operations: Iterable[Operation]) -> dict[str, Schema]:
    """Every schema by its name in the contract. Raises LookupError for an unknown name in a route."""
    operations = list(operations)
    routes = [operation.route for operation in operations]
    patches = {str(route.body) for route in routes if (route.body or "").endswith("Patch")}
    changes = {_change(name) for name in patches}
    sent = changes | {route.body for route in routes if route.body} - patches
    known = _bodies()
    made = _made([known[f"{name}Body"] for name in sent], "validation")
    given = {route.answer for route in routes if route.answer and "/" not in route.answer}
    models = [*(ANSWERS[f"{name}Answer"] for name in given), *PROBLEMS]
    found = {_name(name): schema for name, schema in _made(models, "serialization").items()}
    bodies = {_name(name): schema for name, schema in made.items()}
    choices = {query.choices for route in routes for query in route.query}
    known_choices = {name: {"enum": list(each)} for each in choices if (name := name_of(each))}
    enumerations = {
        name: described(name, schema, _permissions(operations))
        for name, schema in {**known_choices, **bodies, **found}.items()
        if "enum" in schema
    }
    found = {name: _given(schema) for name, schema in found.items() if name not in enumerations}
    for name in bodies.keys() - enumerations.keys():
        answer = found.get(ANSWER_OF.get(name, name.removeprefix("New").removesuffix("Change")), {})
        said = {"description": answer["description"]} if "description" in answer else {}
        found[name] = _taken({**said, **bodies[name]}, answer.get("properties", {}))
    found |= enumerations
    for name in patches:
        _add_patch(found, _change(name), name)
    return {name: found[name] for name in sorted(found)}


def _permissions(operations: Iterable[Operation]) -> Mapping[str, str]:
    """For each access rule, the operations that it allows."""
    found: dict[str, list[str]] = {}
    for operation in operations:
        found.setdefault(operation.route.action or "", []).append(operation.summary)
    return {action: ", ".join(summaries) for action, summaries in found.items()}


def _change(patch: str) -> str:
    """The name of the body that a merge patch belongs to."""
    return patch.removesuffix("Patch") + "Change"


def _bodies() -> dict[str, type[BaseModel]]:
    modules = [
        import_module(f"{bodies.__name__}.{one.name}") for one in iter_modules(bodies.__path__)
    ]
    return {name: model for module in modules for name, model in vars(module).items()}


def _name(model: str) -> str:
    """The name of a body or an answer in the contract."""
    return model.removesuffix("Body").removesuffix("Answer")


def _made(models: Iterable[type[BaseModel]], mode: Any) -> dict[str, Schema]:
    _, made = models_json_schema(
        [(model, mode) for model in models], ref_template=SCHEMAS + "{model}"
    )
    definitions: dict[str, Schema] = made["$defs"]
    return {name: _plain(schema) for name, schema in definitions.items()}


def _plain(part: Any) -> Any:
    """A schema without pydantic's titles, which repeat the names, and with the contract's names."""
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
    if "$ref" in kept:
        name = str(kept["$ref"]).removeprefix(SCHEMAS)
        kept["$ref"] = SCHEMAS + _name(name)
    return kept


def _taken(body: Schema, answer: Mapping[str, Schema]) -> Schema:
    """A body whose members have the texts of the answer's members, and then their own limits.

    The default stands in the text: generators read a member with `default` as one that is always
    present. A read-only member has the type of the answer's: the code compares it and does not parse it.
    """
    for name, member in body["properties"].items():
        default = member.pop("default", None)
        texts = [answer.get(name, {}).get("description"), member.get("description")]
        if default not in (None, "", []) and not isinstance(default, dict):
            texts.append(f"The default is `{json.dumps(default).strip(chr(34))}`")
        if member.get("readOnly"):
            texts.append("Read-only: omit it, or send the value that you read")
            member |= {**answer[name], "readOnly": True}
        if said := [text.rstrip(".") for text in texts if text]:
            member["description"] = ". ".join(said)
    return body


def _given(answer: Schema) -> Schema:
    """An answer without defaults, because an absent member has no value. Its enumerations can grow."""
    for name, member in answer["properties"].items():
        member.pop("default", None)
        answer["properties"][name] = _growing(member)
    return answer


def _growing(part: Schema) -> Schema:
    """A member of an answer, which also allows a text that its enumeration does not have."""
    if "anyOf" in part:
        choices = [_growing(choice) for choice in part["anyOf"]]
        flat = [each for choice in choices for each in choice.get("anyOf", [choice])]
        return {**part, "anyOf": flat}
    for inner in ("items", "additionalProperties"):
        if isinstance(part.get(inner), dict):
            part = {**part, inner: _growing(part[inner])}
    known = {key: part[key] for key in ("$ref", "enum", "type") if key in part}
    if "enum" not in part and str(part.get("$ref")).removeprefix(SCHEMAS) not in GROWING:
        return part
    return {"anyOf": [known, TEXT], **{k: v for k, v in part.items() if k not in known}}


def _add_patch(found: dict[str, Schema], body: str, patch: str) -> None:
    """Adds the merge patch (RFC 7396) of a body. No member is required; null deletes an optional one."""
    schema = found[body]
    required = schema.get("required", [])
    properties = {
        name: _patched(found, member, name in required or bool(member.get("readOnly")))
        for name, member in schema["properties"].items()
    }
    found[patch] = {
        "type": "object",
        "description": "A JSON Merge Patch: an absent member stays unchanged, and null deletes it",
        "additionalProperties": False,
        "properties": properties,
    }


def _patched(found: dict[str, Schema], member: Schema, must_stay: bool) -> Schema:
    kept = {key: member[key] for key in ("description", "readOnly") if key in member}
    choices = [choice for choice in member.get("anyOf", [member]) if choice != NULL]
    plain = [{k: v for k, v in choice.items() if k not in kept} for choice in choices]
    for choice in plain:
        name = str(choice.get("$ref", "")).removeprefix(SCHEMAS)
        if found.get(name, {}).get("type") == "object":
            if f"{name}Patch" not in found:
                _add_patch(found, name, f"{name}Patch")
            choice["$ref"] = f"{SCHEMAS}{name}Patch"
    if not must_stay:
        plain.append(NULL)
    return {**(plain[0] if len(plain) == 1 else {"anyOf": plain}), **kept}
