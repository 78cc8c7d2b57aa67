"""A fingerprint changes with the meaning of the definitions that are reached, and with nothing else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from code_tree import ENTRY, TREE, Hash, module, write_tree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posner.commands.names import COMMANDS, entry_point
from posner.errors import InputError
from posner.workflow.fingerprint import fingerprint
from posner.workflow.provenance import RUNNER, UNCOUNTED

JOB_COMMANDS = [name for group, names in COMMANDS.items() if group != "project" for name in names]
SOURCES = Path(__file__).parents[3] / "workflow_scripts"

# --- what is the same ------------------------------------------------------------------------------------------------


def test_place_dates_and_order_of_files_do_not_matter(hashed: Hash, tmp_path: Path) -> None:
    first = hashed()
    assert hashed() == first
    other = write_tree(tmp_path / "elsewhere", dict(reversed(TREE.items())))
    for name in TREE:
        os.utime(other / name, (0, 0))
    assert fingerprint(ENTRY, root=other) == first


def test_relative_root_is_the_same_root(hashed: Hash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = hashed()
    monkeypatch.chdir(tmp_path / "0")
    assert fingerprint(ENTRY, root=Path()) == first


@pytest.mark.parametrize(
    "text",
    [
        "ONE = 1  # one",
        "\n\n\nONE=1",
        '"""The number."""\n\nONE = 1\n"""Said of ONE."""\n',
        "ONE = (\n    1\n)\n",
        "ONE = 0x1",
        "pass\nONE = 1",
        "if True: pass\nONE = 1",
        "if TYPE_CHECKING:\n    from .figures import WIDTH\nONE = 1",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import nowhere\nONE = 1",
        "if typing.TYPE_CHECKING:\n    from . import nowhere\nONE = 1",
    ],
)
def test_equal_meaning_keeps_the_fingerprint(hashed: Hash, text: str) -> None:
    assert hashed({module("numbers"): text}) == hashed()


@pytest.mark.parametrize(
    "added",
    [
        "TWO = 2",
        "TWO: int = 2",
        "TWO: int",
        "TWO, THREE = 2, 3",
        "NUMBERS = [number for number in range(3)]",
        "def f(): return ONE",
        "async def f(): return ONE",
        "class A:\n    one = ONE\n    def f(self): x.one = ONE",
        "import re\nPATTERN = re.compile('x')",
        "from functools import cache\n@cache\ndef f(): return 1",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int",
        "from library.figures import draw\ndef f(): return draw()",
        "f = lambda: ONE",
        "def f(x=ONE): return x",
    ],
)
def test_definitions_that_are_not_used_do_not_count(hashed: Hash, added: str) -> None:
    assert hashed({module("numbers"): f"ONE = 1\n{added}\n"}) == hashed()
    assert hashed({module("numbers"): f"{added.replace('ONE', '1')}\nONE = 1\n"}) == hashed()


@pytest.mark.parametrize("entry", ["library.train:Train", "library.train:Other"])
def test_definitions_of_one_module_count_apart(hashed: Hash, entry: str) -> None:
    edits = {
        "library.train:Train": {module("train"): TREE[module("train")].replace("fuse(3)", "fuse(4)")},
        "library.train:Other": {module("figures"): TREE[module("figures")].replace("4", "5")},
    }
    for edited, changes in edits.items():
        assert (hashed(changes, entry) != hashed(entry=entry)) is (edited == entry)


def test_order_of_definitions_and_grouping_of_imports_do_not_matter(hashed: Hash) -> None:
    one = "from library.figures import draw, other\ndef f(): return draw() + other()\ndef g(): return f()\nONE = g"
    other = "from library.figures import other\nfrom library.figures import draw\n"
    other += "def g(): return f()\ndef f(): return draw() + other()\nONE = g"
    assert hashed({module("numbers"): one}) == hashed({module("numbers"): other})


def test_docstrings_of_functions_and_classes_do_not_matter(hashed: Hash) -> None:
    plain = (
        "class ONE(B):\n    async def f(self):\n        pass\n    x: int = 1\n    def g(self):\n        return 'x'\n"
    )
    documented = (
        'class ONE(B):\n    """A."""\n    async def f(self):\n        """F."""\n'
        "    x: int = 1\n    '''The x.'''\n    def g(self):\n        '''G.'''\n        return \"x\"\n"
    )
    assert hashed({module("numbers"): plain}) == hashed({module("numbers"): documented})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("raise E('a')", "raise E('b')"),
        ("raise E('a')", "raise E(f'{a} is missing')"),
        ("raise E(f'{a}')", "raise E(f'{figures.draw(a)}')"),
        ("raise E('a', 1) from error", "raise E('b', 1) from error"),
        ("raise E('\\n'.join(f(x) for x in y))", "raise E('; '.join(f(x) for x in y))"),
        ("raise E('a %s' % x)", "raise E('b %s' % x)"),
        ("if a:\n        raise E('a')", "if a:\n        raise E('b')"),
    ],
)
def test_the_wording_of_errors_does_not_matter(hashed: Hash, one: str, other: str) -> None:
    text = "from library import figures\ndef ONE(a, x, y, error):\n    {}\n"
    assert hashed({module("numbers"): text.format(one)}) == hashed({module("numbers"): text.format(other)})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("raise E('a')", "raise F('a')"),
        ("raise E('a', 1)", "raise E('a', 2)"),
        ("raise E('a', b)", "raise E('a', c)"),
        ("raise E('a') from b", "raise E('a') from None"),
        ("raise E(f(x))", "raise E(g(x))"),
        ("x = 'a'; raise E(x)", "x = 'b'; raise E(x)"),
        ("raise SystemExit(1)", "raise SystemExit(2)"),
    ],
)
def test_what_is_raised_matters(hashed: Hash, one: str, other: str) -> None:
    text = "def ONE(a, b, c):\n    {}\n"
    assert hashed({module("numbers"): text.format(one)}) != hashed({module("numbers"): text.format(other)})


# --- what differs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ONE = 2",
        "ONE = 1.0",
        "ONE = True",
        "ONE = '1'",
        "ONE = b'1'",
        "ONE = None",
        "ONE: int = 1",
        "ONE = -1",
        "ONE, TWO = 1, 2",
        "ONE = 1\nONE = 1",
        "ONE = 1\ndel ONE",
        "if True: ONE = 1",
        "if TYPE_CHECKING:\n    pass\nelse:\n    ONE = 1",
        "if not TYPE_CHECKING:\n    ONE = 1",
        "def ONE(): return 1",
        "from math import e as ONE",
        "from __future__ import annotations\nONE = 1",
    ],
)
def test_other_meaning_changes_the_fingerprint(hashed: Hash, text: str) -> None:
    assert hashed({module("numbers"): text}) != hashed()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(first=1, second=2)", "f(first=2, second=1)"),
        ("f(1, 2)", "f(2, 1)"),
        ("x = [1, 2]", "x = [1], 2"),
        ("x = {'a': 1, **b}", "x = {'a': 1, 'b': b}"),
        ("f('a', 'b')", "f('a, b')"),
        ("f('a,', b)", "f('a', b)"),
        ("'%s' % f\nx = 'a'", "'%s' % f\nx = 'a '"),
        ("def f(a, *, b): return a", "def f(a, b): return a"),
        ("def f(a=1, b=2): return a", "def f(a=2, b=1): return a"),
        ("def f(a: int): return a", "def f(a: float): return a"),
        ("def f(*, a, b=1): return a", "def f(*, a=1, b): return a"),
        ("if a:\n    b()\nc()", "if a:\n    b()\n    c()"),
        ("if a:\n    b()\nelse:\n    c()", "if a:\n    c()\nelse:\n    b()"),
        ("for a in b:\n    c()\nelse:\n    d()", "for a in b:\n    c()\nd()"),
        ("try:\n    a()\nfinally:\n    b()", "try:\n    a()\nexcept E:\n    b()"),
        ("a < b", "a > b"),
        ("a - b - c", "a - (b - c)"),
        ("a.b.c", "a.b.d"),
        ("a.b", "a[b]"),
        ("f'{a}{b!r:>3}'", "f'{a}{b!s:>3}'"),
        ("import os as o", "import os"),
        ("if TYPE_CHECKING:\n    a = 1\nelse:\n    a = 2", "if TYPE_CHECKING:\n    a = 1\nelse:\n    a = 3"),
        ("x[1:]", "x[:1]"),
        ("x[a[1:] : 2]", "x[a[1:2] :]"),
        ("f(g(1), 2)", "f(g(1, 2))"),
        ("global a, b", "global a"),
        ("x = ...", "x = None"),
        ("match a:\n    case None:\n        b()", "match a:\n    case _:\n        b()"),
        ("(a := 1)", "(b := 1)"),
        ("async def f():\n    return [a async for a in b]", "async def f():\n    return [a for a in b]"),
    ],
)
@pytest.mark.parametrize("place", ["in a function", "in a module"])
def test_small_changes_of_meaning_are_seen(hashed: Hash, one: str, other: str, place: str) -> None:
    def text(code: str) -> str:
        indented = code.replace("\n", "\n    ")
        return f"def ONE():\n    {indented}\n" if place == "in a function" else f"if b:\n    {indented}\nONE = 1\n"

    assert hashed({module("numbers"): text(one)}) != hashed({module("numbers"): text(other)})


CONSTANTS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.binary()
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=CONSTANTS, second=CONSTANTS)
def test_constants_differ_by_type_and_value(hashed: Hash, first: object, second: object) -> None:
    def swapped(a: object, b: object) -> str:
        return hashed({module("numbers"): f"ONE, TWO = {a!r}, {b!r}"})

    same = type(first) is type(second) and repr(first) == repr(second)
    assert (swapped(first, second) == swapped(second, first)) is same


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ["library.trian", "library.train:Trian", "library.trian:Train"])
def test_missing_entry_is_named(hashed: Hash, entry: str) -> None:
    with pytest.raises(InputError, match=f"{entry}: there is no such"):
        hashed(entry=entry)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ONE = 1\nfrom .nowhere import x", r"numbers\.py:2: .*library\.nowhere"),
        ("import library.nowhere", r"numbers\.py:1: .*library\.nowhere"),
        ("ONE = 1\ndef f():\n    import library.nowhere", r"numbers\.py:3: .*library\.nowhere"),
        ("\n\ndef f(:\n", r"numbers\.py:3: "),
        ("from .... import x", r"numbers\.py:1: relative import"),
        ("x = '\0'", r"numbers\.py:1: "),
    ],
)
def test_errors_name_file_and_line(hashed: Hash, text: str, place: str) -> None:
    with pytest.raises(InputError, match=rf"^library/{place}"):
        hashed({module("numbers"): text})


# --- the project's own code ------------------------------------------------------------------------------------------


def test_reformatting_the_project_keeps_its_fingerprints(tmp_path: Path) -> None:
    texts = {
        str(path.relative_to(SOURCES)): path.read_text(encoding="utf-8") for path in SOURCES.glob("posner/**/*.py")
    }
    original = write_tree(tmp_path / "original", texts)
    rewritten = write_tree(tmp_path / "rewritten", {name: ast.unparse(ast.parse(text)) for name, text in texts.items()})
    for command in JOB_COMMANDS:
        first, second = (
            fingerprint(entry_point(command), RUNNER, root=root, unreachable=UNCOUNTED)
            for root in (original, rewritten)
        )
        assert first == second, command


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from pathlib import Path; from posner.workflow.fingerprint import fingerprint;"
        f"fingerprint('posner.config.study', root=Path({str(SOURCES)!r}));"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('pydantic', 'torch', 'numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCES, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
