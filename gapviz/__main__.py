# PYTHON_ARGCOMPLETE_OK
"""`gapviz`, and `python -m gapviz`."""

import os
import signal
import sys


def main() -> int:
    """Run the command line; Ctrl-C while it still loads ends the process without a word."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        # Otherwise someone had reason to ignore it, as a shell has for what runs behind it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if "_ARGCOMPLETE" in os.environ:
        from gapviz.commands.completion import complete

        complete()
    from gapviz.commands import cli

    return cli.main(loaded=lambda: signal.signal(signal.SIGINT, before))


if __name__ == "__main__":
    sys.exit(main())
