"""Where an installation's keys are: in its data folder, made on first use, or in a folder that others keep.

Processes on several machines share no folder. Each then gets the same keys, e.g. from a mounted secret. A key that one of them made
for itself would encrypt personal data that no other can read, and that is lost with the process: so none is made there.
"""

from pathlib import Path

from loanstream.runtime.http.issuer import ISSUER_FILE, USERS_FILE
from loanstream.runtime.settings import PREFIX, BadSetting, Settings

MASTER_FILE = Path("vault") / "master.json"
"""Master keys of the personal data, in the folder of the keys."""

_ISSUERS = (Path(ISSUER_FILE), Path(USERS_FILE))


def keys_folder(settings: Settings) -> Path:
    """The folder of the keys. Raises :class:`BadSetting` naming those that a folder which others keep does not hold."""
    return _holding(settings, (MASTER_FILE, *_ISSUERS) if settings.signs_here else (MASTER_FILE,))


def issuer_folder(settings: Settings) -> Path:
    """The folder of the local issuer's key and users, where they are. Raises :class:`BadSetting` as :func:`keys_folder`."""
    return _holding(settings, _ISSUERS)


def _holding(settings: Settings, wanted: tuple[Path, ...]) -> Path:
    folder = settings.keys_path
    if settings.keys_dir:
        missing = [str(name) for name in wanted if not (folder / name).is_file()]
        if missing:
            raise BadSetting(
                f"{PREFIX}KEYS_DIR={folder} does not hold {' and '.join(missing)}: put there what the installation has; keys are"
                " only ever made in a data folder"
            )
    return folder
