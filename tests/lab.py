"""A real JupyterLab on a random port, and notebooks in a real browser, for the browser tests."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOREIGN = ("SPARK", "IFLYTEK_SPARK", "XFYUN", "JUPYTER")  # variables of the developer's that no kernel here may see
SETTINGS = {
    "jupyterlab/apputils-extension/notification": {"fetchNews": "false"},  # no question about news, no request abroad
    "jupyterlab/docmanager-extension/plugin": {"autosave": False},  # the file changes when a test says so
    "jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},  # the worst case for what a file holds twice
}
PANEL = "jupyterapp.shell.currentWidget"
PATIENCE = 60_000  # milliseconds; a loaded machine is slow, not broken


def find_browser() -> str | None:
    """Return the path of an installed Chromium."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@dataclass(frozen=True)
class Server:
    """A JupyterLab that is starting or running: where it is, and the folder it shows."""

    address: "Future[str]"
    token: str
    root: Path

    def load(self, page: Page) -> None:
        """Make a page begin to load JupyterLab, once that runs."""
        page.goto(f"{self.address.result(60)}/lab?reset&token={self.token}", wait_until="commit", timeout=PATIENCE)


@contextlib.contextmanager
def serve(folder: Path, *disabled: str) -> Iterator[Server]:
    """Run JupyterLab with a home of its own below `folder`, without the labextensions in `disabled`."""
    root, home, token = folder / "root", folder / "home", secrets.token_hex(16)
    root.mkdir(parents=True)
    write(home / "config" / "labconfig" / "page_config.json", {"disabledExtensions": dict.fromkeys(disabled, True)})
    for name, settings in SETTINGS.items():
        write(home / "settings" / f"@{name}.jupyterlab-settings", settings)
    options = ("--no-browser", "--allow-root", "--expose-app-in-browser", f"--ServerApp.root_dir={root}")
    place = ("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={free_port()}", f"--IdentityProvider.token={token}")
    address: Future[str] = Future()
    with subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options, *place],
        env=environment(home),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        reader = threading.Thread(target=read_log, args=(process.stderr, address))
        reader.start()
        try:
            yield Server(address, token, root)
        finally:
            process.terminate()
            reader.join()


def read_log(log: Iterable[str], address: "Future[str]") -> None:
    """Read a server's log to its end, so that the pipe never fills; its address is on the way."""
    lines = []
    for line in log:
        found = re.search(r"http://(127\.0\.0\.1):(\d+)/lab", line)
        if found and not address.done():
            wait_for_port(found[1], int(found[2]))
            address.set_result(f"http://{found[1]}:{found[2]}")
        lines.append(line)
    if not address.done():
        address.set_exception(RuntimeError("JupyterLab did not start:\n" + "".join(lines)))


def wait_for_port(host: str, port: int) -> None:
    """Connect until it works: the server says its address a moment before it listens, and refuses without delay."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, port)):
            return


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which Jupyter, IPython and spark_magic find nothing of the developer's."""
    places = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "xdg",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "IPYTHONDIR": home / "ipython",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "SPARK_LANG": "en",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return inherited | {name: str(place) for name, place in places.items()}


def free_port() -> int:
    """Return a port nobody listens on; should somebody take it meanwhile, the server tries its neighbours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(path: Path, content: dict) -> None:
    """Write JSON, with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


class Notebook:
    """One notebook, the one in front: run cells, look at outputs, save."""

    def __init__(self, page: Page, server: Server, name: str) -> None:
        """Name the notebook; `open` shows it."""
        self.page, self.name, self.path = page, f"{name}.ipynb", server.root / f"{name}.ipynb"

    def write(self, *sources: str) -> "Notebook":
        """Make the file, of code cells."""
        book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
        book.cells = [nbformat.v4.new_code_cell(source) for source in sources]
        nbformat.write(book, self.path)
        return self

    def open(self) -> "Notebook":
        """Show it, and wait for its kernel."""
        self.wait("window.jupyterapp?.restored.then(() => true)")
        self.command("docmanager:open", path=self.name, factory="Notebook")
        self.wait(f"{PANEL}?.context?.path === '{self.name}'")
        self.wait(f"{PANEL}.sessionContext.session?.kernel?.status === 'idle'")
        return self

    def close(self) -> None:
        """End its kernel and put it away."""
        self.page.evaluate(f"async () => {{ await {PANEL}.sessionContext.shutdown(); {PANEL}.dispose(); }}")

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true."""
        self.page.wait_for_function(f"() => {condition}", timeout=PATIENCE)

    def command(self, name: str, **options: object) -> None:
        """Execute a command of JupyterLab and wait for its end."""
        call = "([name, options]) => jupyterapp.commands.execute(name, options).then(() => null)"
        self.page.evaluate(call, [name, options])

    def start(self, index: int) -> Locator:
        """Run a cell without waiting for it; return its output."""
        run = "jupyterapp.commands.execute('notebook:run-cell')"
        self.page.evaluate(f"index => {{ {PANEL}.content.activeCellIndex = index; {run}; }}", index)
        return self.output(index)

    def run(self, index: int) -> Locator:
        """Run a cell to its end; return its output."""
        ended = self.prompt(index).text_content()
        output = self.start(index)
        expect(self.prompt(index)).not_to_have_text(ended)
        self.ended(index)
        return output

    def ended(self, index: int) -> None:
        """Wait until a cell has run: a number stands in its prompt."""
        expect(self.prompt(index)).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE)

    def cell(self, index: int) -> Locator:
        """Return a cell."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(index)

    def prompt(self, index: int) -> Locator:
        """Return the `[*]:` beside a cell."""
        return self.cell(index).locator(".jp-InputPrompt")

    def output(self, index: int) -> Locator:
        """Return what a cell shows below itself, all its outputs together."""
        return self.cell(index).locator(".jp-OutputArea")

    def answer(self, index: int) -> Locator:
        """Return a cell's first output."""
        return self.output(index).locator(".jp-OutputArea-output").first

    def stop(self, index: int) -> None:
        """Click Stop, and wait until the cell is back."""
        self.output(index).get_by_role("button", name="Stop").click(timeout=PATIENCE)
        self.ended(index)

    def saved(self) -> nbformat.NotebookNode:
        """Save and read the file."""
        self.command("docmanager:save")
        return nbformat.read(self.path, as_version=4)
