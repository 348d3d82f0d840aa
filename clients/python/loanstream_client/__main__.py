"""``python -m loanstream_client``."""

import sys

from loanstream_client.cli import main

sys.exit(main())
