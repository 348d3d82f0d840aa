"""Deterministic simulation: every host on the memory log, a virtual clock, random clients and faults, all from one seed."""
