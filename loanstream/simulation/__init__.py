"""Deterministic simulation: every host on the memory log, a virtual clock, random clients and faults, all from one seed.

Deciders, routers, effect senders and, in half of the histories, the scheduler step in every history. Projectors do not: what they
do beyond a pure function from event to row is SQL (upserts, positions in the same transaction), and stepping them without
a database would prove nothing about that. They join on a sample of histories on a real PostgreSQL, in any order of steps and with
crashes of their own, and must equal a full rebuild (tests/simulation/test_projections_join.py).
"""
