"""Where an installation's keys are: in its data folder, made on first use, or in a folder that others keep.

Processes on several machines share no folder. Each then gets the same keys, e.g. from a mounted secret. A key that one of them made
for itself would encrypt personal data that no other can read, and that is lost with the process: so none is made there.
"""

from pathlib import Path

from loanstream.runtime.http.issuer import ISSUER_FILE, USERS_FILE
from loanstream.runtime.settings import PREFIX, BadSetting, Settings

MASTER_FILE = Path("vault") / "master.json"
"""Master keys of the personal data, in the folder of the keys."""


def keys_folder(settings: Settings) -> Path:
    """The folder of the keys. Raises :class:`BadSetting` naming those that a folder which others keep does not hold."""
    folder = settings.keys_path
    if settings.keys_dir:
        wanted = (MASTER_FILE, Path(ISSUER_FILE), Path(USERS_FILE)) if settings.local_issuer else (MASTER_FILE,)
        missing = [str(name) for name in wanted if not (folder / name).is_file()]
        if missing:
            raise BadSetting(
                f"{PREFIX}KEYS_DIR={folder} does not hold {' and '.join(missing)}: put there what the installation has; keys are"
                " only ever made in a data folder"
            )
    return folder
