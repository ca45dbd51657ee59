"""A real kernel as a frontend sees it: requests out, messages in."""

import os
import time
from ast import literal_eval
from dataclasses import dataclass, field

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient

from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID

_OURS = ("SPARK", "IFLYTEK_SPARK", "XFYUN", "LC_", "LANG", "PYTHONUNBUFFERED", "VIRTUAL_ENV")
_WAIT = 300.0  # seconds: longer than anything here takes on a busy machine
_SIGNAL = """\
import signal
from spark_magic.display.{module} import {name}
whole = {name}.{method}
def signalled(*arguments):
    {first}
    {then}
{name}.{method} = signalled"""


def environment(home, server=None):
    """Return a fresh machine's environment; with a sandbox as `server`, its keys and its address, too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    folders = {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "IPYTHONDIR": home / "ipython",
    }
    settings = {"SPARK_LANG": "en", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "TERM": "dumb"}
    settings["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # debugpy's remarks on stderr
    if server is not None:
        keys = {"SPARK_APP_ID": APP_ID, "SPARK_API_KEY": API_KEY, "SPARK_API_SECRET": API_SECRET}
        settings |= {"SPARK_URL": server.url("ultra"), "SPARK_DOMAIN": "4.0Ultra", **keys}
    return kept | {name: str(folder) for name, folder in folders.items()} | settings


def sent(server):
    """Return what the newest request carried: the messages' texts, oldest first."""
    return [message["content"] for message in server.requests[-1]["payload"]["message"]["text"]]


def has(text):
    """Tell whether a message carries that text."""
    return lambda message: text in str(message["content"])


@dataclass
class Run:
    """What one execution has sent."""

    messages: list = field(default_factory=list)
    reply: dict = field(default_factory=dict)

    def of(self, *kinds):
        """Return the messages of these types, in the order they came."""
        return [message for message in self.messages if message["msg_type"] in kinds]

    def contents(self, *kinds):
        """Return the contents of these messages."""
        return [message["content"] for message in self.of(*kinds)]

    @property
    def saved(self):
        """What a frontend would save of the displays: (bundle, metadata) of each, as last updated."""
        shown = {}
        for content in self.contents("display_data", "update_display_data", "execute_result"):
            name = content.get("transient", {}).get("display_id") or len(shown)
            shown[name] = (content["data"], content["metadata"])
        return list(shown.values())

    @property
    def text(self):
        """The plain text of all outputs; a stream's comes in as many messages as the kernel likes."""
        streams = "".join(content["text"] for content in self.contents("stream"))
        return "\n".join([*filter(None, [streams]), *(data.get("text/plain", "") for data, _ in self.saved)])

    @property
    def error(self):
        """The one error's name and lines."""
        [content] = self.contents("error")
        return content["ename"], content["traceback"]

    def seconds_after(self, moment):
        """Return how long after `moment` the kernel was idle again."""
        return self.messages[-1]["header"]["date"].timestamp() - moment


class Kernel:
    """A kernel of its own and the client it is driven with; `log` has all messages it ever sent."""

    def __init__(self, home, server):
        """Start it, with the extension loaded and its warnings turned into errors."""
        self.log = []
        self.manager = KernelManager(connection_file=str(home / "connection.json"))
        self.manager.start_kernel(env=environment(home, server))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=_WAIT)
        self.value("__import__('warnings').filterwarnings('error', module='spark_magic')")
        self.run("%load_ext spark_magic")

    def close(self):
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def start(self, code, cell=""):
        """Send a cell, with an id if the frontend is to be one that tells it; return the request's id."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": True, "stop_on_error": True}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def watch(self, request, run):
        """Yield the messages of a request as they come, and put them into `run`, until the kernel is idle."""
        while True:
            message = self.client.get_iopub_msg(timeout=_WAIT)
            self.log.append(message)
            if message["parent_header"].get("msg_id") != request:
                continue
            run.messages.append(message)
            yield message
            if message["content"].get("execution_state") == "idle":
                return

    def finish(self, request, run=None):
        """Wait for the end of a request; return all of it."""
        run = run or Run()
        for _ in self.watch(request, run):
            pass
        return self.replied(request, run)

    def replied(self, request, run):
        """Wait for the reply to a request; return its run."""
        while not run.reply:
            reply = self.client.get_shell_msg(timeout=_WAIT)
            run.reply = reply["content"] if reply["parent_header"]["msg_id"] == request else {}
        return run

    def run(self, code, cell="", *, fails=False):
        """Run a cell to its end, which is to be a good one."""
        run = self.finish(self.start(code, cell))
        while run.reply["status"] == "aborted":  # the kernel is still emptying its queue after an error
            run = self.finish(self.start(code, cell))
        assert (run.reply["status"] == "error") is fails, run.reply
        return run

    def value(self, expression):
        """Return a plain value of the kernel's; no cell is run for it, so `_` and `Out` stay as they are."""
        run = self._evaluated(expression)
        while run.reply["status"] == "aborted":  # as in `run`
            run = self._evaluated(expression)
        found = run.reply["user_expressions"]["value"]
        assert found["status"] == "ok", found
        return literal_eval(literal_eval(found["data"]["text/plain"]))

    def _evaluated(self, expression):
        return self.finish(self.client.execute("", silent=True, user_expressions={"value": f"repr({expression})"}))

    def stopped_at(self, code, cell, moment):
        """Run a cell and interrupt it at the first message for which `moment` holds; return it and the seconds."""
        run, stopped = Run(), 0.0
        request = self.start(code, cell)
        for message in self.watch(request, run):
            if not stopped and moment(message):
                stopped = time.time()
                self.manager.interrupt_kernel()
        return self.replied(request, run), run.seconds_after(stopped)

    def stopped_in(self, view, method, cell):
        """Ask for "hi" and interrupt it when the view (module, class) was just built, or is about to be put away."""
        module, name = view
        steps = ["signal.raise_signal(signal.SIGINT)", "whole(*arguments)"]
        then, first = steps if method == "__init__" else steps[::-1]
        self.run(_SIGNAL.format(module=module, name=name, method=method, first=first, then=then))
        run = self.run("%spark sandbox: say hi", cell, fails=True)
        self.run(f"setattr({name}, {method!r}, whole)")
        return run


class Notebook:
    """A notebook of these cells, executed from an empty kernel."""

    def __init__(self, home, server, *sources):
        """Write it; nothing runs yet."""
        self.cells = [nbformat.v4.new_code_cell(source) for source in sources]
        self.content = nbformat.v4.new_notebook(cells=self.cells)
        self.client = NotebookClient(self.content, timeout=_WAIT, shutdown_kernel="immediate")
        self._environment = environment(home, server)

    def run(self):
        """Execute it."""
        self.client.execute(env=self._environment)
        nbformat.validate(self.content)
        return self
