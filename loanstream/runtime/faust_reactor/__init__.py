"""Reactors under Faust: the pure functions of routers, run by a stream framework that shares partitions among processes.

Faust is trusted with little (``docs/decisions/0013-reactors-under-faust.md``): it finds out which partitions are this process's
and hands their records over. Where reading starts, what counts as done and how often anything is tried is ours.
"""
