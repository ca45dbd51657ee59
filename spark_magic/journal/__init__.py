"""Finished answers in an SQLite file, found again by the question: model, parameters and messages."""

from .entry import Entry
from .journal import Journal, JournalTotal
from .key import key_of
from .place import default_file, journal_file, put_aside

__all__ = ["Entry", "Journal", "JournalTotal", "default_file", "journal_file", "key_of", "put_aside"]
