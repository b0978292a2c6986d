"""``python -m hingecheck.cli``: the same as the command ``hingecheck``."""

from . import main

if __name__ == "__main__":
    main()
