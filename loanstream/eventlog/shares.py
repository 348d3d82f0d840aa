"""Sharing a read's limit among partitions."""

from collections.abc import Sequence


def fair_shares(available: Sequence[int], limit: int) -> list[int]:
    """How many of ``limit`` records each partition gives: an equal share each, the rest in order to those with more."""
    equal = limit // len(available)
    shares = [min(count, equal) for count in available]
    left = limit - sum(shares)
    for index, count in enumerate(available):
        more = min(count - shares[index], left)
        shares[index] += more
        left -= more
    return shares
