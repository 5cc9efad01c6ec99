"""Rings and engines: ways to read a formula, and ways to prove or refute one."""
