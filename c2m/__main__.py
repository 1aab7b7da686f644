"""Run ``python -m c2m``."""

import sys

from c2m.cli import main

if __name__ == "__main__":
    sys.exit(main())
