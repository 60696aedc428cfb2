"""`gapviz`, and `python -m gapviz`."""

import signal
import sys


def main() -> int:
    """Run the command line; Ctrl-C while it still loads ends the process without a word."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gapviz import cli

    signal.signal(signal.SIGINT, before)
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
