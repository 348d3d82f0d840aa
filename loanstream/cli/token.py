"""``loanstream token``: a bearer token of the local issuer, for curl and scripts."""

from datetime import timedelta

from loanstream.runtime.http.issuer import local_token
from loanstream.runtime.keys import keys_folder
from loanstream.runtime.settings import BadSetting, Settings


def token(settings: Settings, user: str) -> None:
    """Print a token for ``user`` on standard output and nothing else, so that a shell can take it.

    Raises :class:`BadSetting` where the local issuer is off, :class:`~loanstream.runtime.http.issuer.UnknownUser`.
    """
    if not settings.local_issuer:
        raise BadSetting("LOANSTREAM_AUTH=oidc: tokens come from the identity provider, not from the data folder")
    print(local_token(keys_folder(settings), user, timedelta(minutes=settings.token_minutes)))
