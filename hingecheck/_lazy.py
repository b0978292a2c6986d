"""Names that a package shows but loads only when they are used (PEP 562)."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def shown(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package whose names lie in its modules: a mapping of module -> names, split by spaces."""
    home = {name: module for module, names in modules.items() for name in names.split()}

    def __getattr__(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{home[name]}"), name)
        setattr(importlib.import_module(package), name, value)  # asked for once: from now on it is found without this function
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(importlib.import_module(package)), *home})

    return __getattr__, __dir__
