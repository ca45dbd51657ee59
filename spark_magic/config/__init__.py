"""What can be set: traitlets for `%config` and `ipython_config.py`, and the user's own TOML file."""

from .settings import Settings

__all__ = ["Settings"]  # the file's room is `config.file`: loading the extension must not load a TOML reader
