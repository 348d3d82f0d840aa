"""A thousand histories hold; each planted fault is found within them; a seed replays byte for byte."""

import os
from itertools import takewhile

import pytest

from loanstream.simulation.histories import FEWEST_COMMANDS, run_histories, run_history
from loanstream.simulation.planting import Planted

HISTORIES = 1_000 if not os.environ.get("LOANSTREAM_SOAK") else 20_000
FIRST_SEED = 1


def test_every_history_keeps_every_rule() -> None:
    broken = [h for h in run_histories(FIRST_SEED, HISTORIES) if not h.holds]
    assert not broken, "\n".join(f"seed {h.seed}: {finding}" for h in broken[:5] for finding in h.findings[:5])


@pytest.mark.parametrize("planted", [p for p in Planted if p is not Planted.NOTHING])
def test_a_planted_fault_is_found(planted: Planted) -> None:
    holding = takewhile(lambda h: h.holds, (run_history(s, planted) for s in range(FIRST_SEED, FIRST_SEED + HISTORIES)))
    found_after = sum(1 for _ in holding)
    assert found_after < HISTORIES, f"{planted} was not found in {HISTORIES} histories"


def test_a_seed_replays_byte_for_byte() -> None:
    for seed in (3, 14, 15):
        once, again = run_history(seed), run_history(seed)
        assert once == again
        assert once.commands >= FEWEST_COMMANDS
