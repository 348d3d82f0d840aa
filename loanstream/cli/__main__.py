"""``python -m loanstream.cli`` is the command ``loanstream``."""

import sys


def main() -> None:
    """Run the command. Ctrl-C while it is still being loaded ends it with exit code 130 and without a traceback."""
    try:
        if sys.argv[1:] == ["health"]:
            # asked every few seconds by every container: too often to load all other commands for it
            from loanstream.cli.health import health

            sys.exit(health())
        from loanstream.cli.main import app

        app()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
