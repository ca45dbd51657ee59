"""An IPython in this process for the tests of the magics, and a sandbox in the vendor's place."""

import atexit
import dataclasses
import re
import sys

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from spark_magic.config.file import config_file
from spark_magic.config.settings import SETTINGS
from spark_magic.models import MODELS, SANDBOX_ALIAS
from spark_magic.private_file import write_private
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID

CREDENTIALS = ("APPID", "APIKey", "APISecret")
ROWS = {*SETTINGS, *CREDENTIALS, "url", "domain"}
KEYS = {"SPARK_APP_ID": APP_ID, "SPARK_API_KEY": API_KEY, "SPARK_API_SECRET": API_SECRET}


class Cells:
    """One IPython: run cells, and look at what they raise."""

    def __init__(self, **settings):
        """Start it, with `settings` as an ipython_config.py would have them; nothing is loaded yet."""
        config = Config(SparkMagics=settings, HistoryManager={"enabled": False})
        self._main, self._path = sys.modules["__main__"], list(sys.path)
        self.shell = InteractiveShell.instance(config=config)

    def close(self):
        """Take it down, with what it has changed in this process."""
        if "spark_magic" in self.shell.extension_manager.loaded:
            self.run("%unload_ext spark_magic")
        InteractiveShell.clear_instance()
        atexit.unregister(self.shell.atexit_operations)  # IPython 7 collects garbage there, once for every shell
        sys.modules["__main__"] = self._main
        sys.path[:] = self._path

    def load(self):
        """Load the extension."""
        self.run("%load_ext spark_magic")
        return self

    def run(self, source):
        """Run a cell that must succeed; return its value."""
        done = self.shell.run_cell(source, store_history=True)
        done.raise_error()
        return done.result

    def fails(self, source):
        """Run a cell that must fail; return what it raised."""
        done = self.shell.run_cell(source, store_history=True)
        problem = done.error_before_exec or done.error_in_exec
        assert problem is not None, f"{source!r} did not fail"
        return problem

    @property
    def magics(self):
        """The settings."""
        return next(c for c in self.shell.configurables if type(c).__name__ == "SparkMagics")

    @property
    def names(self):
        """The user's variables."""
        return self.shell.user_ns

    def has(self, kind, name):
        """Tell whether there is such a magic."""
        return name in self.shell.magics_manager.magics[kind]


def write_config(text):
    """Write the user's config.toml."""
    write_private(config_file(), text.encode())


def all_models_at(box, **domains):
    """Let the whole catalogue live at the sandbox: rows of config.toml in the built-in ones' place."""
    models = [dataclasses.replace(m, domain=domains.get(m.alias, m.domain)) for m in MODELS if m.alias != SANDBOX_ALIAS]
    write_config("\n".join(_row(model, box.url(model.alias)) for model in models))


def _row(model, url):
    values = dataclasses.asdict(model) | {"url": url, "legacy_domains": list(model.legacy_domains)}
    lines = [f"{name} = {_toml(value)}" for name, value in values.items() if value is not None]
    return "\n".join(["[[models]]", *lines])


def _toml(value):
    return str(value).lower() if isinstance(value, bool) else repr(value)


def use_keys(monkeypatch, **others):
    """Put the sandbox's credentials into the environment, and other variables."""
    for name, value in {**KEYS, **others}.items():
        monkeypatch.setenv(name, value)


def report_in(shown):
    """Read `%spark_config`'s table: name -> (value, origin)."""
    lines = [re.sub("([\u4e00-\u9fff])", "\\1\0", line) for line in shown.splitlines()]  # two columns wide
    start = next(i for i, line in enumerate(lines) if line.startswith("---"))
    columns = [match.span() for match in re.finditer("-+", lines[start])]
    rows = [[line[a:b].replace("\0", "").strip() for a, b in columns] for line in lines[start + 1 :]]
    return {name: (value, origin) for name, value, origin in rows if name in ROWS}


def chat_of(request):
    """Return a request's parameters."""
    return request["parameter"]["chat"]


def messages_of(request):
    """Return a request's messages as (role, content)."""
    return [(item["role"], item["content"]) for item in request["payload"]["message"]["text"]]
