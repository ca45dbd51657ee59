"""The magics: parse, wire, report."""

from .register import load, unload
from .spark_magics import SparkMagics

__all__ = ["SparkMagics", "load", "unload"]
