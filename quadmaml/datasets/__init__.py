"""Grouped data as tasks: tables, groups of their rows as regression tasks, real and synthetic data, tasks in files."""

from .groups import RegressionGroups, regression_groups
from .real import grunfeld, wage_panel
from .saved import as_groups, load_tasks, save_tasks
from .support import SupportRule, support_rule
from .synthetic import linear_regression, random_tasks, sinusoids
from .table import Table, read_csv

__all__ = [
    "RegressionGroups",
    "SupportRule",
    "Table",
    "as_groups",
    "grunfeld",
    "linear_regression",
    "load_tasks",
    "random_tasks",
    "read_csv",
    "regression_groups",
    "save_tasks",
    "sinusoids",
    "support_rule",
    "wage_panel",
]
