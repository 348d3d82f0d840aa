"""``loanstream keys``: keys of a new installation in a folder, for a secret that all its processes are given."""

from pathlib import Path

from rich.console import Console

from loanstream.runtime.http.issuer import ISSUER_FILE, USERS_FILE, LocalIssuer
from loanstream.runtime.keys import MASTER_FILE
from loanstream.vault.crypto import LocalMasterKeys


def make_keys(folder: Path, local_issuer: bool, console: Console) -> None:
    """Make the keys that the folder lacks, readable by their owner only, and say which they are; those that it has stay."""
    made = [(MASTER_FILE, "master keys of the personal data: lost with them, it cannot be read any more")]
    LocalMasterKeys.from_file(folder / MASTER_FILE)
    if local_issuer:
        LocalIssuer.open(folder)
        made += [
            (Path(ISSUER_FILE), "key of the local issuer"),
            (Path(USERS_FILE), "its users"),
            (Path("initial-password"), "their first password"),
        ]
    for name, meaning in made:
        console.print(f"{folder / name}  {meaning}", highlight=False, soft_wrap=True)
