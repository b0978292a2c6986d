"""Docstrings and comments are plain English: words that make a reader stop are not in them."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "hingecheck").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
RIDDLES = re.compile(
    r"\btold\b|\bastray\b|\bwhom\b|\bwhoever\b|(?:^|[.:;,(] ?)who [a-z]+|\bas none (?:does|do)\b|\bgives? way\b|\bnow and then\b"
    r"|\bbeside that\b|\bwhat else is\b|\bwhich no [a-z]+ has\b",
    re.IGNORECASE | re.MULTILINE,
)


def prose(path):
    """The docstrings and comments of a file, each with its line."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_and_comments_hold_no_riddle(path):
    assert [(line, found[0]) for line, text in prose(path) if (found := RIDDLES.search(text))] == []
