"""Tests on a real Kafka."""

import pytest

pytest.register_assert_rewrite("tests.kafka.rules")
