"""Whatever a user calls a table -> one."""

import os

from ..errors import BadTable
from .file import read_table
from .frame import frame_table, is_frame
from .records import listed_table
from .table import Table


def table_of(source: object) -> Table:
    """Return the table `source` is: a frame or series, a list or tuple of dicts or of texts, or a file's path.

    BadTable for anything else, no rows, no columns, and columns without a name or of the same one.
    """
    if isinstance(source, str | os.PathLike):
        return read_table(source)
    if isinstance(source, list | tuple):
        return listed_table(source)
    table = frame_table(source) if is_frame(source) else None
    if table is None:
        later = callable(getattr(source, "collect", None))
        raise BadTable("table.lazy" if later else "table.kind", kind=type(source).__name__)
    return table
