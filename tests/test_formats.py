"""JSON is found in whatever a model puts around it, read strictly and checked; code comes out clean."""

import json
import os
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_magic.errors import ConfigurationError
from spark_magic.formats import Form, Invalid, found_json, pretty_json, python_code, schema_from, schema_in

SCHEMA = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
    "$defs": {"item": {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]}},
}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
OBJECTS = st.dictionaries(st.text(), VALUES) | st.lists(VALUES)
PROSE = st.text(alphabet="abc .,:;'\"!?\n中文", max_size=30)


def refused(make, *arguments):
    with pytest.raises(ConfigurationError) as caught:
        make(*arguments)
    return caught.value.key


def wrong_with(text, schema=None):
    with pytest.raises(Invalid) as caught:
        Form("json", schema_from(schema) if schema else None).data_of(text)
    return [(problem.path, problem.message) for problem in caught.value.problems]


# finding


@settings(deadline=None)  # the first one loads Markdown
@given(st.text() | st.text(alphabet='{}[]",:\\`\n1ae'))
def test_any_text_is_an_object_or_told_to_be_none(text):
    with suppress(Invalid):
        json.dumps(found_json(text), allow_nan=False)


@settings(deadline=None)  # the first one loads Markdown
@given(VALUES)
def test_the_whole_text_may_be_any_json(value):
    assert found_json(f" \n{json.dumps(value)}\n") == value


@settings(deadline=None)  # the first one loads Markdown
@given(OBJECTS, PROSE, PROSE, st.booleans())
def test_json_between_words_is_found(value, before, after, ascii_only):
    assert found_json(f"{before}\n{json.dumps(value, ensure_ascii=ascii_only)}\n{after}") == value


@settings(deadline=None)  # the first one loads Markdown
@given(VALUES, PROSE, PROSE, st.sampled_from(["json", "JSON", "jsonc"]))
def test_json_in_a_fence_is_found(value, before, after, language):
    assert found_json(f"{before}\n\n```{language}\n{json.dumps(value, indent=1)}\n```\n\n{after}") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ("```\n[1]\n```\n```\n[2]\n```", [1]),
        ('```python\nprint({"b": 2})\n```\n```json\n{"a": 1}\n```', {"a": 1}),
        ('As in [1], {"a": [1, 2]} [2]', {"a": [1, 2]}),
        (r'\[x\] is {"a": "]\"}"}', {"a": ']"}'}),
        ('{"code": "```python\\nx\\n```"}', {"code": "```python\nx\n```"}),
    ],
)
def test_of_several_candidates_the_likeliest_is_taken(text, value):
    assert found_json(text) == value


@pytest.mark.parametrize("text", ['{"a": [1, 2], oops} as in [1]', '{"a": [1, 2]', '```json\n{"a"\n```\n[1]'])
def test_a_part_of_broken_json_is_not_what_was_asked_for(text):
    assert wrong_with(text)[0][1].startswith("no JSON (")


# strictness


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NaN", "NaN is no number in JSON"),
        ('{"a": -Infinity}', "-Infinity is no number in JSON"),
        ("[1e999]", "1e999 is no number in JSON"),
        ('{"a": 1, "b": {"a": 2, "a": 3}}', "the key 'a' stands twice in one object"),
        ("[" * 101 + "]" * 101, "nested more than 100 levels deep"),
        ("[" * 100_000, "nested more than 100 levels deep"),
        ("", "no JSON (Expecting value: line 1 column 1 (char 0))"),
    ],
)
def test_what_python_lets_pass_is_no_json_here(text, message):
    assert wrong_with(text) == [("$", message)]


def test_a_hundred_levels_are_fine():
    assert found_json("[" * 100 + "]" * 100)


def test_a_number_of_thousands_of_digits_is_told_in_one_line():
    [(_, message)] = wrong_with("9" * 5000)
    assert "4300 digits" in message


@pytest.mark.parametrize("hostile", ['"\\"' * 50_000, '{"' * 50_000, "{" + '\\"' * 50_000])
def test_hostile_brackets_cost_no_time(hostile):
    assert wrong_with(hostile)


def test_pretty_json_is_laid_out_and_keeps_its_letters():
    assert pretty_json('so: {"名": [1]}') == '{\n  "名": [\n    1\n  ]\n}'


# schemas


def test_an_object_that_fits_is_given_as_it_is():
    assert Form("json", schema_from(SCHEMA)).data_of('{"items": [{"price": 1}]}') == {"items": [{"price": 1}]}


def test_every_problem_has_its_path():
    text = '{"items": [{"price": 1}, {"price": "x"}, {}]}'
    assert wrong_with(text, SCHEMA) == [
        ("$.items[1].price", "'x' is not of type 'number'"),
        ("$.items[2]", "'price' is a required property"),
    ]


def test_of_alternatives_the_nearest_one_is_told():
    schema = {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a b": {"type": "integer"}}}]}
    assert wrong_with('{"a b": "x"}', schema) == [("$['a b']", "'x' is not of type 'integer'")]


def test_paths_and_messages_are_short_lines_without_controls():
    key = "\x1b]52;c;\u202e" + "k" * 500
    [(path, message)] = wrong_with(
        json.dumps({key: "\x1b[2J" + "v" * 5000}), {"additionalProperties": {"type": "null"}}
    )
    for text in (path, message):
        assert len(text) <= 200
        assert not set(text) & set("\x1b\u202e\n")


def test_a_schema_is_copied():
    own = {"type": "object"}
    schema = schema_from(own)
    own["type"] = "array"
    assert schema.check({}) == {}


def test_formats_of_strings_count():
    assert wrong_with('"zz"', {"format": "date"}) == [("$", "'zz' is not a 'date'")]


@pytest.mark.parametrize(
    ("schema", "where"),
    [
        ({"type": "nope"}, "$.type"),
        ({"properties": {"a": {"pattern": "("}}}, "$.properties.a.pattern"),
        ({"$ref": "#/$defs/none"}, "#/$defs/none"),
        ({"items": {"$ref": "http://127.0.0.1:9/x.json"}}, "http://127.0.0.1:9/x.json"),
        ({"properties": {"a": {"$dynamicRef": "http://127.0.0.1:9/y.json"}}}, "http://127.0.0.1:9/y.json"),
        ({"$ref": "#"}, "recursion"),
        ({"enum": {1, 2}}, "set"),
        ({"minimum": float("nan")}, "float"),
        ({"$schema": 5}, "5"),
    ],
)
def test_a_broken_schema_is_told_before_anything_is_asked(schema, where):
    with pytest.raises(ConfigurationError) as caught:
        schema_from(schema, "wanted")
    assert "wanted is no valid JSON schema" in str(caught.value)
    assert where in str(caught.value)
    assert "Nothing was sent" in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [
        {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}}, "$ref": "#/definitions/a"},
        {"$defs": {"n": {"$id": "n.json", "type": "null"}}, "properties": {"a": {"$ref": "n.json"}}},
        {"properties": {"$ref": {"type": "string"}, "a": {"const": {"$ref": "no reference"}}}},
        {"$ref": "https://json-schema.org/draft/2020-12/schema"},
        {"$dynamicAnchor": "node", "properties": {"children": {"items": {"$dynamicRef": "#node"}}}},
    ],
)
def test_references_that_lead_somewhere_are_fine(schema):
    assert json.loads(schema_from(schema).text) == schema


def test_a_schema_may_be_a_file(tmp_path):
    path = tmp_path / "Wanted.JSON"
    path.write_text("\ufeff" + json.dumps(SCHEMA), encoding="utf-8")
    assert schema_in({}, str(path)).text == json.dumps(SCHEMA)
    path.write_text("{", encoding="utf-8")
    assert refused(schema_in, {}, str(path)) == "schema.broken"
    assert refused(schema_in, {}, str(tmp_path / "none.json")) == "schema.unreadable"


def test_a_schema_is_no_pipe_no_device_and_no_huge_file(tmp_path):
    """None of them would ever be read to its end."""
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    (tmp_path / "huge.json").write_bytes(b" " * (1024 * 1024 + 1))
    for path in tmp_path.iterdir():
        assert refused(schema_in, {}, str(path)) == "schema.unreadable"


def test_thousands_of_items_are_found_to_be_unique_at_once():
    items = json.dumps([{"a": number} for number in range(20_000)])
    assert len(Form("json", schema_from({"uniqueItems": True})).data_of(items)) == 20_000


@pytest.mark.parametrize(
    ("text", "unique"),
    [
        ('[1, true, "1", null, 0, false, "", [], {}, [1], [true], {"a": 1}, {"a": true}]', True),
        ("[1, 2, 1.0]", False),
        ('[{"a": [1], "b": 2}, {"b": 2, "a": [1.0]}]', False),
        ("[[], []]", False),
        ("[null, null]", False),
        ('"aa"', True),
    ],
)
def test_items_are_unique_as_json_has_it(text, unique):
    form = Form("json", schema_from({"uniqueItems": True}))
    if unique:
        assert form.data_of(text) == json.loads(text)
    else:
        assert "non-unique" in wrong_with(text, {"uniqueItems": True})[0][1]


@pytest.mark.parametrize(
    ("schema", "text"), [({"multipleOf": 0.01}, "1" * 400), ({"format": "regex"}, f'"a{{{"9" * 20}}}"')]
)
def test_what_python_cannot_check_is_not_valid(schema, text):
    [(path, message)] = wrong_with(text, schema)
    assert path == "$"
    assert "too large" in message


@pytest.mark.parametrize(("names", "key"), [({}, "schema.unknown"), ({"Model": 5}, "schema.kind")])
def test_what_is_no_schema_is_refused(names, key):
    assert refused(schema_in, names, "Model") == key


def test_a_pydantic_model_checks_and_is_given_as_its_instance():
    pydantic = pytest.importorskip("pydantic")
    item = pydantic.create_model("Item", price=(float, ...))
    model = pydantic.create_model("Order", items=(list[item], ...))
    form = Form("json", schema_in({"Order": model}, "Order"))
    assert form.data_of('{"items": [{"price": 1}]}') == model(items=[item(price=1.0)])
    assert '"price"' in form.asked_for("q")
    [(path, message)] = wrong_with('{"items": [{"price": 1}, {"price": "x"}]}', model)
    assert path == "$.items[1].price"
    assert "valid number" in message


def test_anything_that_validates_as_pydantic_does_is_a_model():
    class Model:
        @staticmethod
        def model_json_schema():
            return {"type": "integer"}

        @staticmethod
        def model_validate_json(text):
            return int(text) + 1

    assert Form("json", schema_from(Model)).data_of("41") == 42
    [(path, message)] = wrong_with('"x"', Model)
    assert path == "$"
    assert "invalid literal" in message


def test_a_model_without_a_schema_is_told_before():
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("M", f=(type(print), ...), __config__={"arbitrary_types_allowed": True})
    assert refused(schema_from, model) == "schema.broken"


# asking


def test_only_markdown_needs_no_words():
    assert Form().asked_for("q") == "q"
    for name in ("text", "json", "code", "html"):
        assert Form(name).asked_for("q").startswith("q\n\n")


# code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\n```python\nx = 1\n```\nb\n```sh\nls\n```\n```\ny = 2\n```", "x = 1\n\ny = 2"),
        ("```Py3\nx\n```", "x"),
        ("```sh\nls\n```\n```js\n1\n```", "ls\n\n1"),
        ("```python\n\n```", None),
        ("no `code` here", None),
        ("```python\nopen", "open"),
    ],
)
def test_python_blocks_are_joined_and_others_only_without_them(text, code):
    assert python_code(text) == code


def test_nothing_hides_in_code():
    assert python_code("```python\na\u202e = 1\x1b[2J\n```") == "a = 1[2J"
