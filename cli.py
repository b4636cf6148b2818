"""``python cli.py …``: the same program as the installed command ``stemstack``."""

import sys

try:
    from stemstack.commands import main
except ModuleNotFoundError as error:
    if error.name not in ("stemstack", "stemstack.commands", "click"):
        raise
    sys.exit("stemstack is not installed here: run 'make install', or 'pip install -e .'")

if __name__ == "__main__":
    sys.exit(main())
