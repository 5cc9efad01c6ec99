"""Sweeps: all combinations of algorithms and hyperparameters, solved together where the closed forms allow."""

from .grid import sweep
from .quantities import distance_to
from .result import Sweep

__all__ = ["Sweep", "distance_to", "sweep"]
