"""What the contract says of a resource beside its routes: each module here is a tag of the contract.

TAG is the tag's text. A class `XAnswer` is the schema of a route's `answer="X"`; each recorded answer
of the tests is held against it, so that it cannot say anything else than the code does. REQUESTS are
examples, sent after the life in examples.py.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from tools.openapi.common import Request

# The order of the tags on the page; all others come behind these.
ORDER = ("projects", "technologies", "radar", "caller", "service")

_found = {one.name: import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)}
TAGS: dict[str, str] = {name: _found[name].TAG for name in dict.fromkeys((*ORDER, *_found))}
ANSWERS: dict[str, Any] = {
    name: model for module in _found.values() for name, model in vars(module).items()
}
REQUESTS: tuple[Request, ...] = tuple(
    request for module in _found.values() for request in getattr(module, "REQUESTS", ())
)
