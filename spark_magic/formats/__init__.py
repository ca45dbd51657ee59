"""What form an answer has: the JSON in it, checked by a schema, and the code in it. Pure, but for a schema's file."""

from .form import FORMATS, MARKDOWN, PLAIN_FORM, Form
from .invalid import Invalid, Problem
from .json_text import found_json, pretty_json
from .python_code import python_code
from .schema import Schema, schema_from, schema_in

__all__ = [
    "FORMATS",
    "MARKDOWN",
    "PLAIN_FORM",
    "Form",
    "Invalid",
    "Problem",
    "Schema",
    "found_json",
    "pretty_json",
    "python_code",
    "schema_from",
    "schema_in",
]
