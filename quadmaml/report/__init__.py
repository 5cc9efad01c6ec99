"""The report: grouped data, every algorithm solved on it, each result checked against the simulator, one page."""

from .build import Report, build
from .make import make
from .write import write

__all__ = ["Report", "build", "make", "write"]
