"""Golden files: committed, readable, and compared exactly."""
