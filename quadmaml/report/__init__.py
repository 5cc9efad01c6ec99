"""The report: does a meta-learned start pay on grouped data, and why; every number checked; one page."""

from .build import Appendix, Report, build
from .make import make
from .write import write

__all__ = ["Appendix", "Report", "build", "make", "write"]
