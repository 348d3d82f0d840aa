"""Benchmarks: ratios against raw loops in the same run. They print and write a page; they never fail on a time."""
