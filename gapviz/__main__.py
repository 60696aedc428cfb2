"""`python -m gapviz`."""

import sys

from gapviz.cli import main

sys.exit(main())
