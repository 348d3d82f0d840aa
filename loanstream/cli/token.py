"""``loanstream token``: a bearer token of the local issuer, for curl and scripts."""

from datetime import timedelta

from loanstream.cli.installation import existing
from loanstream.runtime.http.issuer import ISSUER_FILE, local_token
from loanstream.runtime.keys import issuer_folder
from loanstream.runtime.settings import BadSetting, Settings


def token(settings: Settings, user: str) -> None:
    """Print a token for ``user`` on standard output and nothing else, so that a shell can take it.

    Raises :class:`BadSetting` where the local issuer is off or elsewhere, :class:`~loanstream.cli.installation.NothingHere`,
    :class:`~loanstream.runtime.http.issuer.UnknownUser`.
    """
    if not settings.local_issuer:
        raise BadSetting("LOANSTREAM_AUTH=oidc: tokens come from the identity provider, not from the data folder")
    if not settings.issuer_url:
        existing(settings)
    elif not (settings.keys_path / ISSUER_FILE).is_file():
        raise BadSetting(
            f"LOANSTREAM_ISSUER_URL={settings.issuer_url}: that process signs, and its key is not in {settings.keys_path}: call"
            " `loanstream token` where it runs, or sign in at /api/auth/token with a password"
        )
    life = timedelta(minutes=settings.token_minutes)
    print(local_token(issuer_folder(settings), user, life, settings.issuer_url))
