"""Put the values of the user's variables into a question: `{{ expression }}`, and nothing that only looks like it."""

from .insertion import Expanded, Template, expand

__all__ = ["Expanded", "Template", "expand"]
