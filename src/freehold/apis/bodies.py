"""What is inside a request body of an OpenAPI document: its media type, its schema, an example of it. Pure."""

from typing import Any

from freehold.apis import examples, references, schemas
from freehold.apis.json_pointers import join
from freehold.apis.references import BadReference, References
from freehold.errors import FieldError


def content_of(document: References, operation: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str]:
    """The media type object of an operation's request body, JSON before any other; empty where there is none."""
    at = join(pointer, "requestBody")
    body, at = document.follow(operation.get("requestBody", {}), at)
    content = body.get("content", {}) if isinstance(body, dict) else None
    at = join(at, "content")
    if not isinstance(content, dict) or not all(isinstance(each, dict) for each in content.values()):
        raise BadReference(at, "A request body's content should be an object of media types.", "bad_type")
    if not content:
        return {}, at
    kind = next((each for each in content if _is_json(each)), next(iter(content)))
    return content[kind], join(at, kind)


def _is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def schema_of(document: References, content: dict[str, Any], pointer: str) -> tuple[Any, list[FieldError]]:
    """A media type's schema, self-contained, or None where there is none; and what is wrong with it."""
    if "schema" not in content:
        return None, []
    at = join(pointer, "schema")
    schema = references.self_contained(document, content["schema"], at)
    return schema, schemas.check_schema(schema, at)


def example_of(document: References, content: dict[str, Any], pointer: str, schema: Any) -> Any:
    """The first example that a media type gives, or one made from the schema; None where neither can be had."""
    if "example" in content:
        return content["example"]
    named = content.get("examples")
    if isinstance(named, dict) and named:
        name, example = next(iter(named.items()))
        example, _ = document.follow(example, join(join(pointer, "examples"), name))
        if isinstance(example, dict) and "value" in example:
            return example["value"]
    return None if schema is None else examples.example_of(schema)
