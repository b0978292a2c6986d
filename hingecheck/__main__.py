"""``python -m hingecheck``: the same as the command ``hingecheck``."""

from .cli import main

if __name__ == "__main__":
    main()
