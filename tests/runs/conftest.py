"""Runs made of tables, without a fit."""

from helpers.runs import make_run  # noqa: F401
