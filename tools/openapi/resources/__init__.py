"""The tags of the contract, one in each module, with the schemas of their answers.

TAG is the text of the tag. A class `XAnswer` is the schema of a route's `answer="X"`. The tests compare
each recorded answer with its schema. REQUESTS are examples, which follow those of examples.py.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from tools.openapi.common import Request

# The order of the tags on the page. All others follow.
ORDER = ("projects", "technologies", "radar", "caller", "service")

_found = {one.name: import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)}
TAGS: dict[str, str] = {name: _found[name].TAG for name in dict.fromkeys((*ORDER, *_found))}
ANSWERS: dict[str, Any] = {
    name: model for module in _found.values() for name, model in vars(module).items()
}
REQUESTS: tuple[Request, ...] = tuple(
    request for module in _found.values() for request in getattr(module, "REQUESTS", ())
)
