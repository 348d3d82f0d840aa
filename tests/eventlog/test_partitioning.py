"""Keys go where the Java client and aiokafka would put them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanstream.eventlog.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_tests(data: bytes, expected: int) -> None:
    """Source: ``UtilsTest.testMurmur2`` of Apache Kafka; Java's int is signed."""
    assert murmur2(data) == expected % 2**32


def test_a_key_goes_to_the_positive_hash_modulo_the_count() -> None:
    assert partition_of("21", 24) == (-973932308 & 0x7FFFFFFF) % 24
    assert partition_of("foobar", 6) == (-790332482 & 0x7FFFFFFF) % 6


@given(partition=st.integers(0, 1_000), partitions=st.integers(1, 1_000))
def test_a_partitions_own_key_stays_in_it(partition: int, partitions: int) -> None:
    assert partition_of(f"partition-{partition}", partitions) == partition


@given(key=st.text().filter(lambda key: not key.startswith("partition-")), partitions=st.integers(1, 64))
def test_every_key_has_one_partition_that_exists(key: str, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(key, partitions)


def test_uuids_spread_evenly() -> None:
    counts = [0] * 6
    for n in range(6_000):
        counts[partition_of(f"0b6e4a52-0000-5000-8000-{n:012d}", 6)] += 1
    assert min(counts) > 800
