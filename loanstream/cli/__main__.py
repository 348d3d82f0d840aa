"""``python -m loanstream.cli`` is the command ``loanstream``."""

from loanstream.cli.main import app

app()
