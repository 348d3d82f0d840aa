"""Tests of the log port's adapters."""

import pytest

pytest.register_assert_rewrite("tests.eventlog.contract")
