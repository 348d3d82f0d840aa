"""Which partition a key belongs to: murmur2, as the Java client and aiokafka do, so that every client agrees."""

from functools import lru_cache

_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C
_M = 0x5BD1E995
_PARTITION_PREFIX = "partition-"


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int) -> int:
    """Partition of a key. Keys ``partition-<n>`` belong to partition n: they are the partition's own."""
    if key.startswith(_PARTITION_PREFIX):
        return int(key.removeprefix(_PARTITION_PREFIX))
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """32-bit murmur2 with Kafka's seed (Austin Appleby's public-domain algorithm)."""
    length = len(data)
    state = _SEED ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        block = int.from_bytes(data[start : start + 4], "little") * _M & _MASK
        block = (block ^ (block >> 24)) * _M & _MASK
        state = (state * _M & _MASK) ^ block
    tail = data[whole:]
    if tail:
        state = (state ^ int.from_bytes(tail, "little")) * _M & _MASK
    state = (state ^ (state >> 13)) * _M & _MASK
    return state ^ (state >> 15)
