"""What an answer's JSON is checked by: a JSON schema, or a pydantic model; pydantic itself is never needed."""

import errno
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Any, Final, NoReturn

from ..errors import ConfigurationError
from .invalid import Invalid, problem

_MOST_BYTES: Final = 1024 * 1024  # of a schema's file: it goes along with each question
_MOST_PROBLEMS: Final = 5  # a model needs no more to see what is meant
_REFERENCES: Final = ("$ref", "$dynamicRef")
_NO_SCHEMAS: Final = frozenset({"const", "enum", "default", "examples"})  # what stands there is data


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema as JSON text, for the model to read, and the check of an object against it.

    `check` returns what the user gets (the object itself, or a pydantic model's instance), or raises Invalid.
    """

    text: str
    check: Callable[[Any], Any]


def schema_from(wanted: Any, name: str = "") -> Schema:
    """Make one of a pydantic class, a dict that is a JSON schema, or the path of a file that holds one.

    `name` is how the user calls it, for ConfigurationError: no schema, one that is broken, or no such file.
    """
    name = name or getattr(wanted, "__name__", "") or type(wanted).__name__
    if isinstance(wanted, PathLike):
        return _json_schema(_read(Path(wanted)), str(wanted))
    if isinstance(wanted, dict):
        return _json_schema(wanted, name)
    if callable(getattr(wanted, "model_validate_json", None)) and hasattr(wanted, "model_json_schema"):
        return _model_schema(wanted, name)
    raise ConfigurationError("schema.kind", name=name, kind=type(wanted).__name__)


def schema_in(names: Any, name: str) -> Schema:
    """Make one of what the user calls `name`: a variable among `names`, or a file whose name ends with `.json`."""
    if name.lower().endswith(".json"):
        return schema_from(Path(name).expanduser())
    if name not in names:
        raise ConfigurationError("schema.unknown", name=name)
    return schema_from(names[name], name)


def _read(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except OSError as wrong:
        raise ConfigurationError("schema.unreadable", name=str(path), detail=wrong.strerror or str(wrong)) from None
    except (ValueError, RecursionError) as wrong:
        _broken(str(path), wrong)


def _text(path: Path) -> str:
    """Read a file, if it is one and not too large; OSError if not."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):  # a pipe would be waited for, a device never ends
        raise OSError(errno.EINVAL, "no regular file")
    if about.st_size > _MOST_BYTES:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return path.read_text(encoding="utf-8-sig")


def _broken(name: str, detail: object) -> NoReturn:
    raise ConfigurationError("schema.broken", name=name, detail=str(detail)) from None


def _json_schema(schema: Any, name: str) -> Schema:
    """Check the schema itself, its references included, and have jsonschema check by it."""
    import jsonschema  # type: ignore[import-untyped]  # noqa: PLC0415  # few answers need it
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # noqa: PLC0415  # comes with it

    if not isinstance(schema, dict):
        _broken(name, type(schema).__name__)
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as wrong:
        _broken(name, wrong)
    own = json.loads(text)  # what the user does with theirs later changes nothing
    dialect = own.get("$schema", "")
    kind = jsonschema.validators.validator_for(
        own if isinstance(dialect, str) else {}, default=jsonschema.Draft202012Validator
    )
    kind = jsonschema.validators.extend(kind, {"uniqueItems": _unlike_all_others})
    validator = kind(own, registry=REGISTRY, format_checker=kind.FORMAT_CHECKER)  # a registry of its own loads nothing
    try:
        kind.check_schema(own)
        _check_references(own, kind, REGISTRY)
        validator.is_valid(None)  # one that refers to itself alone never ends
    except jsonschema.SchemaError as wrong:
        _broken(name, f"{problem('', wrong.absolute_path).path}: {wrong.message}")
    except RecursionError as wrong:
        _broken(name, wrong)
    except LookupError as wrong:
        _broken(name, f"$ref: {wrong.args[0]}")
    return Schema(text, lambda data: _checked_by(validator, data))


def _unlike_all_others(validator: Any, wanted: Any, items: Any, _: Any) -> Iterator[Exception]:
    """Check `uniqueItems`; jsonschema's own compares each with each, which takes minutes for some thousand objects."""
    from jsonschema import ValidationError  # noqa: PLC0415  # few answers need it

    if wanted and validator.is_type(items, "array") and len(set(map(_hashable, items))) < len(items):
        yield ValidationError(f"{items!r} has non-unique elements")


def _hashable(value: Any) -> Any:
    """Return what is equal for values that are the same in JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, dict):
        return "object", frozenset((key, _hashable(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", *map(_hashable, value)
    return isinstance(value, bool), value


def _check_references(schema: Any, kind: Any, registry: Any) -> None:
    """LookupError for a reference that leads nowhere: at the answer it would be too late."""
    from referencing.jsonschema import specification_with  # noqa: PLC0415  # comes with jsonschema

    specification = specification_with(kind.META_SCHEMA["$schema"])
    root = specification.create_resource(schema)

    def visit(part: Any, resolver: Any) -> None:
        if isinstance(part, list):
            for item in part:
                visit(item, resolver)
        elif isinstance(part, dict):
            inside = part is not schema and isinstance(part.get("$id"), str)
            resolver = resolver.in_subresource(specification.create_resource(part)) if inside else resolver
            for reference in filter(None, map(part.get, _REFERENCES)):
                if isinstance(reference, str):  # elsewhere it is a property of that name
                    _look_up(resolver, reference)
            for key, value in part.items():
                if key not in _NO_SCHEMAS:
                    visit(value, resolver)

    visit(schema, registry.resolver_with_root(root))


def _look_up(resolver: Any, reference: str) -> None:
    from referencing.exceptions import Unresolvable  # noqa: PLC0415  # comes with jsonschema

    try:
        resolver.lookup(reference)
    except Unresolvable:
        raise LookupError(reference) from None


def _checked_by(validator: Any, data: Any) -> Any:
    """Return the object; Invalid with the first few problems, each as near to its cause as can be said."""
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]  # noqa: PLC0415  # as above

    try:
        wrong = [best_match(iter([error])) for error in islice(validator.iter_errors(data), _MOST_PROBLEMS)]
    except (RecursionError, ArithmeticError, ValueError) as beyond:  # numbers and patterns that Python cannot take
        raise Invalid(problem(str(beyond))) from None
    if wrong:
        raise Invalid(*(problem(error.message, error.absolute_path) for error in wrong))
    return data


def _model_schema(model: Any, name: str) -> Schema:
    """Have a pydantic model check; whatever hinders it from telling its schema is said before anything is sent."""
    try:
        text = json.dumps(model.model_json_schema(), ensure_ascii=False)
    except (TypeError, ValueError, RuntimeError, AttributeError) as wrong:  # pydantic's own are RuntimeErrors
        _broken(name, wrong)
    return Schema(text, lambda data: _instance_of(model, data))


def _instance_of(model: Any, data: Any) -> Any:
    """Return the model's instance; Invalid with what its ValidationError lists."""
    try:
        return model.model_validate_json(json.dumps(data))
    except ValueError as wrong:
        listed: Iterable[Any] = wrong.errors() if hasattr(wrong, "errors") else [{"msg": str(wrong)}]
        found = [problem(str(error["msg"]), error.get("loc", ())) for error in islice(listed, _MOST_PROBLEMS)]
    except Exception as wrong:  # noqa: BLE001  # the user's own checks; pydantic hands on what is no ValueError
        found = [problem(f"{type(wrong).__name__}: {wrong}")]
    raise Invalid(*found)
