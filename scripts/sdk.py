"""Write the generated part of `freehold.sdk` from the API's OpenAPI document. `make docs` runs it.

Every operation that the document describes is a method of a resource, or is named with a reason in
`sdk_names.NOT_CALLED`. The modules are kept in the repository, so that they can be read; a test holds them current.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from scripts import sdk_names as names
from scripts.sdk_modules import ROOT, WRITTEN, formatted, module, operation_imports, words_import
from scripts.sdk_operations import Operation, method, operations
from scripts.sdk_types import Schema, Types, parts

from freehold import routes
from freehold.web import openapi

SDK: Final = Path("src/freehold/sdk")
# Parts of the API that are made of all others: what they share with one of these is that one's.
_LAST: Final = ("Accounts", "Setup")


def document() -> Schema:
    """The API's OpenAPI document."""
    made = openapi.document(routes.api_operations(), "http://control", "http://gate")
    decoded: Schema = json.loads(msgspec.json.encode(made))
    return decoded


def modules() -> dict[Path, str]:
    """Every generated module: its path in the repository, and what should be in it."""
    found = document()
    types, calls = Types(found), operations(found)
    by_tag = _by_tag(types, calls)
    texts = {
        "problems.py": _problems(found, calls),
        "bodies.py": _bodies(types, calls),
        "surface.py": _surface(types, calls),
        "models/words.py": module("Words of closed sets, as the API uses them.", [types.words_module()]),
        "models/__init__.py": _exports(types, by_tag),
        "resources/__init__.py": f'{WRITTEN}"""The operations of the API, a module for each of its parts."""\n',
    }
    texts |= {f"models/{tag}.py": _models(tag, types, by_tag) for tag in by_tag}
    texts |= {
        f"resources/{names.attribute(noun)}.py": _resource(noun, types, own)
        for noun, own in _nouns(calls).items()
        if noun
    }
    return {SDK / path: text for path, text in formatted(texts).items()}


def generated() -> set[Path]:
    """The modules that are there and are generated, as their first line says."""
    return {
        path.relative_to(ROOT) for path in (ROOT / SDK).rglob("*.py") if path.read_text("utf-8").startswith(WRITTEN)
    }


# --- answers and bodies -------------------------------------------------------------------------------


def _by_tag(types: Types, calls: list[Operation]) -> dict[str, list[str]]:
    """The schemas of answers by tag: each under the first that needs it, so that no module needs a later one."""
    tags = sorted({each.tag: None for each in calls}, key=lambda tag: _LAST.index(tag) if tag in _LAST else -1)
    by_tag: dict[str, list[str]] = {}
    placed: set[str] = set()
    for tag in tags:
        needed = [name for each in calls if each.tag == tag for name in parts(each.answer or {})]
        for name in needed:
            needed += [part for part in [*parts(types.schemas[name]), types.base(name)] if part and part not in needed]
        own = [name for name in types.schemas if name in needed and name not in placed]
        if own:
            by_tag[tag.lower()] = _in_order(types, own)
            placed.update(own)
    return by_tag


def _in_order(types: Types, kinds: list[str]) -> list[str]:
    """Schemas in an order in which each stands behind all that it is made of."""
    found: list[str] = []

    def add(name: str) -> None:
        if name in kinds and name not in found:
            for part in [types.base(name), *parts(types.schemas[name])]:
                if part:
                    add(part)
            found.append(name)

    for name in kinds:
        add(name)
    return found


def _models(tag: str, types: Types, by_tag: dict[str, list[str]]) -> str:
    structs = [types.struct(name) for name in by_tag[tag]]
    others = [
        f"from freehold.sdk.models.{other} import {names.model(name)}"
        for other, kinds in by_tag.items() if other != tag
        for name in kinds
    ]  # fmt: skip
    return module(f"Answers about {tag}.", structs, [*others, *words_import(types)])


def _exports(types: Types, by_tag: dict[str, list[str]]) -> str:
    """All models under one name."""
    modules = {f"models.{tag}": [names.model(name) for name in kinds] for tag, kinds in by_tag.items()}
    modules |= {"listings": ["Page"], "models.words": list(types.words.values())}
    imports = [f"from freehold.sdk.{module} import {', '.join(kinds)}" for module, kinds in modules.items()]
    exported = ", ".join(repr(name) for name in sorted(name for kinds in modules.values() for name in kinds))
    return "\n".join([f'{WRITTEN}"""What the API answers with."""\n', *imports, f"__all__ = [{exported}]\n"])


def _bodies(types: Types, calls: list[Operation]) -> str:
    found: list[str] = []
    waiting = [name for each in calls if each.body for name in _inner(types, each.body)]
    for name in waiting:
        if name not in found:
            found.append(name)
            waiting += parts(types.schemas[name])
    bodies = [types.body(name) for name in _in_order(types, sorted(found))]
    return module("Parts of what is sent, as dictionaries.", bodies, words_import(types))


def _inner(types: Types, body: Schema) -> Iterator[str]:
    """The schemas that the fields of a body refer to: the body itself is its method's arguments."""
    for name in parts(body):
        yield from parts(types.schemas[name])


def _problems(found: Schema, calls: list[Operation]) -> str:
    """An exception for each error that an operation answers with."""
    codes = sorted({code for each in calls for code in each.codes})
    examples = {code: found["components"]["examples"][code]["value"] for code in codes}
    classes = [f'class {names.camel(code)}(Problem):\n    """{said["title"]} ({said["status"]} `{code}`)."""' for code, said in examples.items()]  # fmt: skip
    table = ", ".join(f'"{code}": {names.camel(code)}' for code in codes)
    classes.append(
        f"# By code. One that is not here is a plain Problem.\nPROBLEMS: Final[dict[str, type[Problem]]] = {{{table}}}"
    )
    return module("The API's errors, a class for each code.", classes)


# --- operations -----------------------------------------------------------------------------------------


def _nouns(calls: list[Operation]) -> dict[str, list[Operation]]:
    """The operations by the noun that they are of; those of the client itself under none."""
    found: defaultdict[str, list[Operation]] = defaultdict(list)
    for each in calls:
        found[each.noun].append(each)
    return dict(found)


def _resource(noun: str, types: Types, calls: list[Operation]) -> str:
    name = names.attribute(noun)
    head = f'class {_class(noun)}(Resource[Mode]):\n    """What `client.{name}` does."""\n'
    methods = [method(each, types) for each in calls]
    return module(
        f"What can be done with {name.replace('_', ' ')}.", ["\n".join([head, *methods])], operation_imports(types)
    )


def _surface(types: Types, calls: list[Operation]) -> str:
    """The class that both clients are: its resources, and the operations of the client itself."""
    nouns = _nouns(calls)
    own = nouns.pop("")
    imports = [f"from freehold.sdk.resources.{names.attribute(noun)} import {_class(noun)}" for noun in nouns]
    lines = [
        "class Surface(Resource[Mode]):",
        '    """All that a client can do."""',
        "",
        "    def __init__(self, perform: Perform, walk: Walk) -> None:",
        "        super().__init__(perform, walk)",
    ]
    lines += [
        f"        self.{names.attribute(noun)}: {_class(noun)}[Mode] = {_class(noun)}(perform, walk)" for noun in nouns
    ]
    text = "\n".join([*lines, "", *(method(each, types) for each in own)])
    return module("Every operation of the API, as a client has them.", [text], [*imports, *operation_imports(types)])


def _class(noun: str) -> str:
    return f"{names.camel(noun)}Calls"


def main() -> None:
    """Write every module, and remove those of nouns that are no more."""
    found = modules()
    for path in generated() - found.keys():
        (ROOT / path).unlink()
    for path, text in found.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, "utf-8")
        print(path, file=sys.stderr)


if __name__ == "__main__":
    main()
