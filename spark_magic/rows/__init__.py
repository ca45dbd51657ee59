"""A table, however it comes -> its rows, and back with new columns.

pandas, polars and narwhals are imported only for a frame that is theirs, or to build the frame a file comes back as.
"""

from ..errors import BadTable
from .cells import Typed
from .file import read_table
from .source import table_of
from .table import Table

__all__ = ["BadTable", "Table", "Typed", "read_table", "table_of"]
