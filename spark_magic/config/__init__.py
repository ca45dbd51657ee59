"""What can be set: traitlets for `%config` and `ipython_config.py`, and the user's own TOML file."""

from .file import ConfigFile, config_file, read_config_file
from .settings import Settings

__all__ = ["ConfigFile", "Settings", "config_file", "read_config_file"]
