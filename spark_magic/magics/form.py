"""`--format` and `--schema`: the form an answer is to have."""

import argparse
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError

from ..formats import FORMATS, MARKDOWN, Form, schema_from, schema_in
from ..messages import say


def form_of(shell: Any, options: argparse.Namespace) -> Form:
    """Return the form the options ask for; a schema is one of the shell's variables, a file, or the schema itself.

    UsageError for options that do not go together, ConfigurationError for a schema that is none.
    """
    wanted = options.schema
    name = options.format or (MARKDOWN if wanted is None else "json")
    if name not in FORMATS:  # a plain call's; a magic line's is checked where it is read
        raise UsageError(say("usage.option", option="format", problem=say("usage.one_of", words=", ".join(FORMATS))))
    if name == "code" and options.background:
        raise UsageError(say("usage.code_later"))
    if wanted is None:
        return Form(name)
    if name != "json":
        raise UsageError(say("usage.schema"))
    variables: Mapping[str, Any] = {} if shell is None else shell.user_ns
    return Form(name, schema_in(variables, wanted) if isinstance(wanted, str) else schema_from(wanted))
