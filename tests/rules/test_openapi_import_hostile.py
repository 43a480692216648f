"""Documents that mean harm, or none at all: always a clear refusal or a catalogue, never more than a moment's work."""

import json
import string
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from freehold.apis.documents import DOCUMENT_BYTES_MAX, read_document
from freehold.apis.examples import example_of
from freehold.apis.keywords import wrong_keywords
from freehold.apis.openapi import read_catalogue
from freehold.apis.plain_values import DEPTH_MAX, VALUES_MAX
from freehold.apis.records import Catalogue
from freehold.apis.schemas import SCHEMA_DEPTH_MAX, accepts, check_schema
from freehold.errors import Problem

JSON, YAML = "application/json", "application/yaml"


def refusal(text: bytes, media_type: str | None = None) -> Problem:
    with pytest.raises(Problem) as caught:
        read_catalogue(read_document(text, media_type))
    return caught.value


def code_of(text: bytes, media_type: str | None = None) -> str:
    problem = refusal(text, media_type)
    return problem.errors[0].code if problem.errors else problem.code


def laughs(levels: int) -> bytes:
    """The billion laughs: each alias stands for ten of the one before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines).encode()


# --- texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "media_type", "code"),
    [
        (b"", JSON, "unreadable"),
        (b"", YAML, "not_openapi"),
        (b"{", JSON, "unreadable"),
        (b"{", None, "unreadable"),
        (b"openapi: 3.1.0", JSON, "unreadable"),
        (b"openapi: [", YAML, "unreadable"),
        (b"\x80\x81", YAML, "unreadable"),
        (b"a: \x00", YAML, "unreadable"),
        (b"a: \x07", YAML, "unreadable"),
        (b'{"a": 1, "a": 2}', JSON, "duplicate_key"),
        (b"a: 1\na: 2", YAML, "duplicate_key"),
        (b'{"a": NaN}', JSON, "bad_number"),
        (b'{"a": -Infinity}', JSON, "bad_number"),
        (b'{"a": 1e999}', JSON, "bad_number"),
        (b'{"a": ' + b"9" * 5000 + b"}", JSON, "bad_number"),
        (b"a: .inf", YAML, "bad_number"),
        (b"a: -.Inf", YAML, "bad_number"),
        (b"a: .nan", YAML, "bad_number"),
        (b"a: 1e999", YAML, "bad_number"),
        (b"a: " + b"9" * 5000, YAML, "bad_number"),
        (b"a: 0x" + b"f" * 5000, YAML, "bad_number"),
        (b'{"a": "\\ud800"}', JSON, "bad_text"),
        (b'{"\\udfff": 1}', JSON, "bad_text"),
        (b'{"a": "\\u0000"}', JSON, "bad_text"),
        (b'a: "\\0"', YAML, "bad_text"),
        (b"[" * 200_000, JSON, "too_deep"),
        (b"[" * 200 + b"]" * 200, JSON, "too_deep"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, JSON, "too_deep"),
        (b"[" * 200_000, YAML, "too_deep"),
        (b"- " * 5_000 + b"a", YAML, "too_deep"),
        (b"[" + b"1," * VALUES_MAX + b"1]", JSON, "too_many"),
        (laughs(9), YAML, "too_many"),
        (b"a: &a [*a]", YAML, "cycle"),
        (b"a: &a {b: *a}", YAML, "cycle"),
        (b"a: *b", YAML, "unreadable"),
        (b"? [1, 2]\n: 3", YAML, "bad_key"),
        (b"? {a: 1}\n: 3", YAML, "bad_key"),
        (b"- &k [1]\n- *k : 3", YAML, "bad_key"),
        (b"a: !!python/object/apply:os.system [ls]", YAML, "bad_tag"),
        (b"a: !!python/name:os.system x", YAML, "bad_tag"),
        (b"a: !custom x", YAML, "bad_tag"),
        (b"a: !!timestamp 2026-01-01", YAML, "bad_tag"),
        (b"a: !!set {b}", YAML, "bad_tag"),
        (b"a: !!binary aGk=", YAML, "bad_tag"),
        (b"a: 1\n---\nb: 2", YAML, "unreadable"),
        (b"<<: 7", YAML, "unreadable"),
        (b" " * (DOCUMENT_BYTES_MAX + 1), YAML, "body_too_large"),
        (b"<openapi/>", "application/xml", "unsupported_media_type"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read_is_refused_with_a_code(text: bytes, media_type: str | None, code: str) -> None:
    assert code_of(text, media_type) == code


def test_aliases_that_nest_deeper_than_the_text_are_refused() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, DEPTH_MAX + 10)]
    assert code_of("\n".join(lines).encode(), YAML) == "too_deep"


def test_a_refusal_says_where() -> None:
    assert "line 4, column 1" in refusal(b"a: 1\nb:\n  - [", YAML).detail
    assert "line 2, column" in refusal(b'{"a": 1,\n "b" 2}', JSON).detail
    assert "Line 2" in refusal(b"a: 1\na: 2", YAML).detail


@pytest.mark.parametrize(
    "media_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_a_media_type_that_says_nothing_is_looked_behind(media_type: str | None) -> None:
    assert read_document(b' {"a": "no"}', media_type) == read_document(b"a: no", media_type) == {"a": "no"}


@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        ("application/json; charset=utf-8", b'{"a": 1}'),
        ("application/vnd.oai.openapi+json", b'{"a": 1}'),
        ("application/openapi+yaml", b"a: 1"),
        ("application/x-yaml", b"a: 1"),
        ("TEXT/YAML", b"a: 1"),
        ("application/vnd.oai.openapi", b"a: 1"),
        ("application/yaml", b"\xef\xbb\xbfa: 1"),
        ("application/yaml", b'{"a": 1}'),
    ],
)
def test_every_usual_media_type_is_read(media_type: str, text: bytes) -> None:
    assert read_document(text, media_type) == {"a": 1}


def test_yaml_is_read_as_yaml_1_2() -> None:
    text = b"""
    a: [no, on, Yes, 2026-01-01, 12:30, 1_000, 0o17, 0x1F, +7, .5, 1e3, ~, , null, "1", !!str 1, ! 2, 'x']
    200: ok
    no: 1
    1.5: half
    b: &b {x: 1, y: 2}
    c: {<<: *b, y: 3}
    d: {<<: [{x: 1}, {x: 2, z: 4}]}
    """
    read = read_document(text.replace(b"~, , null", b"~, null"), YAML)
    assert read["a"] == [
        "no",
        "on",
        "Yes",
        "2026-01-01",
        "12:30",
        "1_000",
        15,
        31,
        7,
        0.5,
        1000.0,
        None,
        None,
        "1",
        "1",
        "2",
        "x",
    ]
    assert set(read) == {"a", "200", "no", "1.5", "b", "c", "d"}
    assert (read["c"], read["d"]) == ({"y": 3, "x": 1}, {"x": 1, "z": 4})


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.printable)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(string.printable), inner, max_size=5),
    max_leaves=30,
)


@given(_VALUES)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert read_document(json.dumps({"v": value}).encode(), JSON) == {"v": value}


@given(_VALUES)
def test_yaml_that_pyyaml_writes_is_read_as_it_was_meant(value: Any) -> None:
    # As JSON within YAML: every text is quoted there, so both versions of YAML mean the same.
    text = yaml.safe_dump({"v": value}, default_style='"', allow_unicode=True)
    meant = yaml.safe_load(text)
    # PyYAML reads some floats that it wrote as texts, because YAML 1.1 wants a point in them.
    if json.dumps(meant) == json.dumps({"v": value}):
        assert read_document(text.encode(), YAML) == {"v": value}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from([JSON, YAML, None]))
def test_any_bytes_are_read_or_refused(text: bytes, media_type: str | None) -> None:
    try:
        document = read_document(text, media_type)
    except Problem as problem:
        found: Any = problem
    else:
        found = catalogue_or_refusal(document)
    assert not isinstance(found, Problem) or found.code == "invalid"


def catalogue_or_refusal(document: Any) -> Catalogue | Problem:
    try:
        return read_catalogue(document)
    except Problem as problem:
        return problem


# --- documents that are OpenAPI, nearly -------------------------------------------------------------

_KEYS = st.sampled_from(
    ["get", "post", "$ref", "parameters", "servers", "url", "operationId", "summary", "requestBody", "content", "application/json",
     "schema", "example", "examples", "value", "allOf", "properties", "items", "type", "required", "$defs", "/a", "/{a}", "e", "x-y", "variables"]
)  # fmt: skip
_LEAVES = _SCALARS | st.sampled_from(
    ["#", "#/paths/~1a", "#/webhooks/e", "#/components/s", "#/x", "https://example.com", "object", "string", "array"]
)
_TREES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=40
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    st.fixed_dictionaries(
        {"openapi": st.just("3.1.0")},
        optional={"paths": _TREES, "webhooks": _TREES, "components": _TREES, "servers": _TREES},
    )
)
def test_any_tree_is_a_catalogue_or_a_list_of_what_is_wrong(document: dict[str, Any]) -> None:
    catalogue = catalogue_or_refusal(document)
    if isinstance(catalogue, Problem):
        assert (catalogue.code, bool(catalogue.errors)) == ("invalid", True)
        return
    assert catalogue.endpoints
    assert len({each.operation_id for each in catalogue.endpoints}) == len(catalogue.endpoints)
    for event in catalogue.event_types:
        json.dumps(event.schema, allow_nan=False)
        assert event.schema is None or check_schema(event.schema, "") == []


def openapi(**parts: Any) -> bytes:
    return json.dumps({"openapi": "3.1.0", "paths": {"/a": {"get": {}}}, **parts}).encode()


def event(schema: Any) -> dict[str, Any]:
    return {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}


def test_schemas_that_multiply_are_refused() -> None:
    # Each definition names the next one twice: a validator would take 2^40 steps.
    schemas: dict[str, Any] = {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(40)}
    schemas["S40"] = {"type": "string"}
    text = openapi(webhooks={"e": event({"$ref": "#/components/schemas/S0"})}, components={"schemas": schemas})
    assert code_of(text) == "too_many"


def test_a_long_chain_of_references_is_refused() -> None:
    schemas: dict[str, Any] = {f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}", "title": "t"} for n in range(3000)}
    schemas["S3000"] = {"type": "string"}
    text = openapi(webhooks={"e": event({"$ref": "#/components/schemas/S0"})}, components={"schemas": schemas})
    assert code_of(text) == "too_many"


def test_many_webhooks_with_one_large_schema_are_refused() -> None:
    large = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(2000)}}
    webhooks = {f"e{n}": event({"$ref": "#/components/schemas/Large"}) for n in range(900)}
    assert code_of(openapi(webhooks=webhooks, components={"schemas": {"Large": large}})) == "too_many"


def test_deep_schemas_are_refused_or_can_be_used() -> None:
    schema: Any = {"type": "string"}
    for _ in range(SCHEMA_DEPTH_MAX // 2 - 2):
        schema = {"properties": {"a": schema}}
    read_catalogue(read_document(openapi(webhooks={"e": event(schema)}), JSON))
    for _ in range(3):
        schema = {"properties": {"a": schema}}
    assert code_of(openapi(webhooks={"e": event(schema)})) == "too_deep"


def test_too_many_endpoints_are_refused() -> None:
    paths: dict[str, Any] = {f"/{n}": {"get": {}} for n in range(10_001)}
    assert code_of(openapi(paths=paths)) == "too_many"


# --- schemas ------------------------------------------------------------------------------------------

_KEYWORDS = st.sampled_from(
    ["type", "enum", "examples", "required", "pattern", "multipleOf", "dependentRequired", "maximum", "exclusiveMinimum",
     "maxLength", "minContains", "uniqueItems", "deprecated", "title", "format", "contentMediaType", "allOf", "prefixItems",
     "oneOf", "not", "items", "if", "contains", "unevaluatedProperties", "propertyNames", "properties", "patternProperties",
     "dependentSchemas", "$defs", "const", "default", "x-other"]
)  # fmt: skip
_KEYWORD_VALUES = st.one_of(
    st.none(), st.booleans(), st.sampled_from([-1, 0, 2, 2.0, 2.5, "string", "(", "a", "null"]),
    st.lists(st.sampled_from(["string", "null", "a", 1]), max_size=3), st.just({}),
)  # fmt: skip
_ODD_SCHEMAS = st.recursive(
    _KEYWORD_VALUES,
    lambda inner: st.dictionaries(_KEYWORDS, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=500)
@given(_ODD_SCHEMAS)
def test_keywords_are_judged_as_json_schemas_own_schema_judges_them(schema: Any) -> None:
    try:
        Draft202012Validator.check_schema(schema)
        right = True
    except SchemaError:
        right = False
    assert (next(wrong_keywords(schema, ""), None) is None) == right


# --- examples -------------------------------------------------------------------------------------

_NUMBERS = st.integers(-50, 50) | st.floats(-50, 50).map(lambda number: round(number, 2))
_PLAIN_SCHEMAS = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"const": _SCALARS}),
    st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "number", "boolean", "null", ["null", "string"]])}),
    st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": st.integers(0, 30), "maxLength": st.integers(0, 30), "format": st.sampled_from(["date-time", "uuid", "email", "odd"])}),
    st.fixed_dictionaries({"type": st.sampled_from(["integer", "number"])}, optional={"minimum": _NUMBERS, "exclusiveMinimum": _NUMBERS, "maximum": _NUMBERS, "exclusiveMaximum": _NUMBERS, "multipleOf": st.sampled_from([1, 3, 0.5, 0.1])}),
)  # fmt: skip
_SCHEMAS = st.recursive(
    _PLAIN_SCHEMAS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 4), "maxItems": st.integers(0, 4), "prefixItems": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3)}, optional={"required": st.lists(st.sampled_from("abcd"), unique=True), "additionalProperties": inner}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=8,
)  # fmt: skip


@given(_SCHEMAS)
def test_an_example_that_is_made_is_accepted(schema: Any) -> None:
    assert check_schema(schema, "") == []
    example = example_of(schema)
    assert example is None or Draft202012Validator(schema).is_valid(example)
    assert example_of(schema) == example


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 12, "maxLength": 12},
        {"type": "string", "format": "uuid"},
        {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 4},
        {"type": "number", "minimum": 2.5, "exclusiveMaximum": 2.75},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "array", "minItems": 3, "items": {"type": "boolean"}},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"required": ["a", "b"], "properties": {"a": {"type": "object", "required": ["c"]}}},
        {"allOf": [{"required": ["a"], "properties": {"a": {"type": "integer"}}}, {"required": ["b"]}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {"type": ["null", "integer"]},
        {"enum": ["x", "y"]},
        {"$ref": "#/$defs/Tree", "$defs": {"Tree": {"required": ["left"], "properties": {"left": {"type": "integer"}, "right": {"$ref": "#/$defs/Tree"}}}}},
    ],
)  # fmt: skip
def test_an_example_is_made_of_every_usual_schema(schema: Any) -> None:
    assert check_schema(schema, "") == []
    assert example_of(schema) is not None
    assert accepts(schema, example_of(schema))


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9},
        {"type": "number", "minimum": 1e308, "multipleOf": 1e-300},
        {"type": "integer", "minimum": 10**99},
        {"type": "string", "pattern": "^[0-9]{4}$"},
        {"$defs": {"T": {"required": ["a", "b", "c"], "properties": {name: {"$ref": "#/$defs/T"} for name in "abc"}}}, "$ref": "#/$defs/T"},
    ],
)  # fmt: skip
def test_no_example_is_made_where_none_can_be(schema: Any) -> None:
    assert example_of(schema) is None or accepts(schema, example_of(schema))
