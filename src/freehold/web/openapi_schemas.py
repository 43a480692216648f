"""JSON Schemas of the API's bodies and answers, with an example of each body. Knows types, no routes."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect as types

REFERENCE: Final = "#/components/schemas/"
_NOTHING: Final = object()


class Schemas:
    """The schemas of some types and of all that these are made of."""

    def __init__(self, kinds: Sequence[Any]) -> None:
        _, self.components = msgspec.json.schema_components(kinds, ref_template=REFERENCE + "{name}")
        for struct in _structs(types.multi_type_info(kinds)):
            for component in self._components(struct.cls):
                _mark_instants(struct, component)

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type; a reference where it is one of the components."""
        (schema,), components = msgspec.json.schema_components([kind], ref_template=REFERENCE + "{name}")
        if unknown := set(components) - set(self.components):
            raise KeyError(f"{', '.join(sorted(unknown))}: not among the types that the schemas were made of")
        if isinstance(types.type_info(kind), types.DateTimeType):
            schema["format"] = "date-time"
        return schema

    def example(self, schema: dict[str, Any]) -> Any:
        """An example of a schema, made of its fields' examples; LookupError where a required field has none."""
        found = self._example(schema)
        if found is _NOTHING:
            raise LookupError(f"no example for {schema}")
        return found

    def _example(self, schema: dict[str, Any]) -> Any:
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self._example(self.components[schema["$ref"].removeprefix(REFERENCE)])
        if schema.get("type") != "object":
            return _NOTHING
        properties = {name: self._example(each) for name, each in schema.get("properties", {}).items()}
        if missing := [name for name in schema.get("required", ()) if properties[name] is _NOTHING]:
            raise LookupError(f"{schema['title']}.{missing[0]} has no example")
        return {name: value for name, value in properties.items() if value is not _NOTHING}

    def _components(self, kind: type) -> list[dict[str, Any]]:
        """The components of a struct, by its name: of a generic one, one for each of its uses."""
        return [each for each in self.components.values() if str(each["title"]).partition("[")[0] == kind.__name__]


def _structs(nodes: Sequence[types.Type]) -> Iterator[types.StructType]:
    """All structs that types are made of, each once."""
    seen: set[type] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, types.StructType):
            if node.cls in seen:
                continue
            seen.add(node.cls)
            yield node
        waiting += _parts(node)


def _parts(node: types.Type) -> list[types.Type]:
    match node:
        case types.StructType():
            return [field.type for field in node.fields]
        case types.UnionType():
            return list(node.types)
        case types.CollectionType():
            return [node.item_type]
        case types.DictType():
            return [node.value_type]
        case types.Metadata():
            return [node.type]
    return []


def _mark_instants(struct: types.StructType, component: dict[str, Any]) -> None:
    """Say of each field that holds an instant that its text is one, which msgspec leaves out."""
    for field in struct.fields:
        if _may_be_instant(field.type):
            schema = component["properties"][field.encode_name]
            for each in schema.get("anyOf", [schema]):
                if each.get("type") == "string":
                    each["format"] = "date-time"


def _may_be_instant(node: types.Type) -> bool:
    """Whether a value of a type can be an instant itself, however the type is annotated."""
    match node:
        case types.Metadata():
            return _may_be_instant(node.type)
        case types.UnionType():
            return any(_may_be_instant(each) for each in node.types)
    return isinstance(node, types.DateTimeType)
