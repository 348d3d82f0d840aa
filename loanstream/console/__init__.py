"""The console: web pages for people, over the public HTTP API and nothing else."""

from loanstream.console.router import console
from loanstream.console.sign_in_links import SignInLinks

__all__ = ["SignInLinks", "console"]
