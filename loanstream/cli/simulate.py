"""``loanstream simulate-system``: run histories and name the seeds that broke a rule."""

from rich.console import Console
from rich.progress import track

from loanstream.simulation.histories import run_histories
from loanstream.simulation.planting import Planted


def simulate(seed: int, histories: int, planted: Planted, console: Console) -> int:
    """Run and report; the exit code is 1 when a history broke a rule."""
    broken, commands, events = 0, 0, 0
    for history in track(run_histories(seed, histories, planted), "Simulating", histories, console=console):
        commands += history.commands
        events += history.events
        if history.holds:
            continue
        broken += 1
        console.print(f"[bold]seed {history.seed}[/] broke {len(history.findings)} rules:")
        for finding in history.findings[:10]:
            console.print(f"  {finding}", highlight=False)
        console.print(
            f"  again: loanstream simulate-system --seed {history.seed} --histories 1 --plant {planted}", style="dim"
        )
    console.print(f"{histories} histories, {commands} commands, {events} events: {broken} broke a rule.")
    return 1 if broken else 0
