"""`make lint`'s check of the English in Markdown pages, docstrings and the contract.

pyproject.toml lists the files and the phrases. The reasons for a
check of our own are in docs/decisions.md.
"""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

WORDS = 25
# Patterns that no sentence may match, each with the cure.
RULES = {
    r"^(What|Whatever|Who|Whoever|Whose)\b[^?]*$": "subject: a pronoun. Begin with a noun",
    r"\b(API|application|command|gateway|Lambda|script|server|service|stage|store|table|tool)"
    r" (believes?|forgets?|knows?|likes?|remembers?|speaks?|thinks?|wants?)\b": (
        "person: {!r}. Write what the program does: it needs, reads or uses"
    ),
    r"(?i)\b(?!authoriz(ation|er)|citizen|horizon|prize|(re|down|over)?siz|seiz)"
    r"(\w{2,}iz(e[ds]?|ing|ations?)|\w*(behavi|col|fav|hon|lab|neighb)or(s|ed|ing|able|ite|hood)?"
    r"|analyz\w+|artifacts?|cancel(ed|ing)|catalog(s|ed)?|centers?|defense|fulfill|gray|labeled)\b": (
        "spelling: {!r} is American. Use the British form"
    ),
}
CHOSEN = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["prose"]
RULES |= {
    rf"(?i)\b({house})\b": "phrase: {!r}. Write instead: " + cure
    for house, cure in CHOSEN["phrases"].items()
}
NAMES = re.compile(
    r"Amazon|Application Load Balancer|Chalice|Cognito|Digital Landscape|Docker|Fargate|Gateway"
    r"|Lambda|Linux|Material|Node|Python|Tech Audit Tool|Terraform|Windows|[A-Z]\w*[A-Z]\w*"
)
MARKDOWN = MarkdownIt("commonmark").enable("table")


def faults(text: str) -> Iterator[tuple[int, str]]:
    """Each fault in a Markdown text: the line, counted from 1, and the rule with its cure."""
    line, around = 1, ""
    for token in MARKDOWN.parse(text):
        line = token.map[0] + 1 if token.map else line
        if token.type != "inline":
            around = token.type
            continue
        instead = {"code_inline": "Code", "softbreak": " ", "html_inline": "", "image": ""}
        parts = token.children or [token]
        prose = "".join(instead.get(each.type, each.content) for each in parts)
        links = parts[0].type == "link_open" and parts[-1].type == "link_close"
        kind = "heading" if around == "heading_open" else "links" if links else "text"
        for sentence in re.split(r"(?<=[.!?])[\"')\]]*\s+(?=[^a-z\s])", prose):
            for fault in broken_rules(sentence, kind):
                yield line, f"{fault} “{sentence[:60]}”"


def broken_rules(sentence: str, kind: str) -> Iterator[str]:
    """The rules that a sentence breaks. `kind`: text, heading, or links and nothing else."""
    if (count := sum(bool(re.search(r"\w", word)) for word in sentence.split())) > WORDS:
        yield f"length: {count} words. Write two sentences, of {WORDS} words at most."
    if sentence.count(";") > 1:
        yield "semicolon: more than one. End the sentence at the first."
    if kind == "heading" and (
        found := re.search(r"[^:.?] \b(?!Code)[A-Z][a-z]+\b(?!-)", NAMES.sub("", sentence))
    ):
        yield f"heading: {found[0][2:]!r} has a capital. Use sentence case."
    for pattern, cure in RULES.items():
        if (found := re.search(pattern, sentence)) and (kind == "text" or pattern[0] != "^"):
            yield cure.format(found[0]) + "."


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a file, each with the number of its first line."""
    source = path.read_text()
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
                yield node.body[0].lineno, ast.get_docstring(node) or ""
    elif path.suffix == ".json":
        for text in dict.fromkeys(descriptions(json.loads(source))):
            before = source.partition(json.dumps(text, ensure_ascii=False))[0]
            yield before.count("\n") + 1, text
    else:
        yield 1, source


def descriptions(node: Any) -> Iterator[str]:
    """Every `description` and `summary` of an OpenAPI document."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if key in ("description", "summary") and isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            yield from descriptions(value)


def main() -> int:
    """Prints `file:line: rule` for each fault; returns 1 if there is one."""
    checked = {path for pattern in CHOSEN["files"] for path in Path().glob(pattern)}
    found = [
        f"{path}:{first + line - 1}: {fault}"
        for path in sorted(map(Path, sys.argv[1:]) if sys.argv[1:] else checked)
        for first, text in texts(path)
        for line, fault in faults(text)
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
