"""``loanstream simulate-system``: histories that hold, planted faults that are found and named by their seeds."""

import re

from tests.cli.test_bad_input import call


def test_histories_without_a_planted_fault_hold() -> None:
    result = call("simulate-system", "--histories", "3")
    assert result.exit_code == 0, result.output
    assert re.search(r"3 histories, \d+ commands, \d+ events: 0 broke a rule\.", result.output)


def test_a_planted_fault_ends_with_1_and_names_the_seeds_and_how_to_see_them_again() -> None:
    result = call("simulate-system", "--histories", "8", "--plant", "dedupe-off")
    assert result.exit_code == 1
    seeds = [int(seed) for seed in re.findall(r"^seed (\d+) broke \d+ rules", result.output, re.MULTILINE)]
    assert seeds, result.output
    assert set(seeds) <= set(range(1, 9))
    assert f"loanstream simulate-system --seed {seeds[0]} --histories 1 --plant dedupe-off" in result.output
    alone = call("simulate-system", "--seed", str(seeds[0]), "--histories", "1", "--plant", "dedupe-off")
    assert alone.exit_code == 1
    assert f"seed {seeds[0]} broke" in alone.output


def test_an_unknown_fault_is_named_with_those_there_are() -> None:
    result = call("simulate-system", "--plant", "gremlins")
    assert result.exit_code == 2
    assert [word for word in ("gremlins", "dedupe-off", "fence-off") if word not in result.stderr] == []


def test_no_histories_at_all_prove_nothing_and_are_refused() -> None:
    result = call("simulate-system", "--histories", "0")
    assert result.exit_code == 2
    assert "--histories" in result.stderr
