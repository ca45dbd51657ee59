"""Many prompts over any executor: each row a conversation of its own, each finished one in the journal."""

from .crew import Crew
from .job import Job
from .known import Forecast, Known, forecast
from .order import Order, tokens_of
from .result import Columns, Result
from .run import Run

__all__ = ["Columns", "Crew", "Forecast", "Job", "Known", "Order", "Result", "Run", "forecast", "tokens_of"]
