"""A fingerprint changes with the meaning of the code that a script can reach, and with nothing else."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posner.errors import InputError
from posner.workflow.fingerprint import fingerprint

CHECKOUT = Path(__file__).parents[3]
ENTRY = "workflow_scripts.train"

TREE = {
    "workflow_scripts/__init__.py": '"""Entry scripts."""\n',
    "workflow_scripts/train.py": "from .posner.training import fit\n\nfit(3)\n",
    "workflow_scripts/draw.py": "from .posner import figures\n\nfigures.draw()\n",
    "workflow_scripts/posner/__init__.py": '"""The library."""\n',
    "workflow_scripts/posner/training.py": (
        "import math\n\nfrom .fusion import fuse\n\n\n"
        "def fit(epochs: int) -> float:\n    return math.sqrt(fuse(epochs))\n"
    ),
    "workflow_scripts/posner/fusion.py": (
        "def fuse(value):\n    from . import late\n\n    return late.add(value, first=1, second=2)\n"
    ),
    "workflow_scripts/posner/late.py": "from .numbers import ONE\n\n\ndef add(v, first, second):\n    return v + ONE\n",
    "workflow_scripts/posner/numbers.py": "ONE = 1\n",
    "workflow_scripts/posner/figures.py": "WIDTH = 4\n\n\ndef draw():\n    pass\n",
}


class Hash(Protocol):
    """Fingerprint of an entry script in `TREE` with some files changed."""

    def __call__(
        self, changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()
    ) -> str: ...


@pytest.fixture
def hashed(tmp_path: Path) -> Hash:
    # Each tree gets a folder of its own, since a process keeps what it has read.
    folders = (tmp_path / str(number) for number in count())

    def hash_tree(changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()) -> str:
        return fingerprint(entry, lay(next(folders), {**TREE, **changes}), unreachable=unreachable)

    return hash_tree


def lay(root: Path, tree: Mapping[str, str]) -> Path:
    """Write the files of `tree` below `root`."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def library(module: str) -> str:
    return f"workflow_scripts/posner/{module}.py"


def test_place_dates_and_order_of_files_do_not_matter(hashed: Hash, tmp_path: Path) -> None:
    first = hashed()
    assert hashed() == first
    other = lay(tmp_path / "elsewhere", dict(reversed(TREE.items())))
    for name in TREE:
        os.utime(other / name, (0, 0))
    assert fingerprint(ENTRY, other) == first


def test_relative_root_is_the_same_root(hashed: Hash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = hashed()
    monkeypatch.chdir(tmp_path / "0")
    assert fingerprint(ENTRY, Path()) == first


@pytest.mark.parametrize(
    "text",
    [
        "ONE = 1  # one",
        "\n\n\nONE=1",
        '"""The number."""\n\nONE = 1\n"""Said of ONE."""\n',
        "ONE = (\n    1\n)\n",
        "ONE = 0x1",
        "pass\nONE = 1",
        "if TYPE_CHECKING:\n    from .figures import WIDTH\nONE = 1",
        "if typing.TYPE_CHECKING:\n    from . import nowhere\nONE = 1",
    ],
)
def test_equal_meaning_keeps_the_fingerprint(hashed: Hash, text: str) -> None:
    assert hashed({library("numbers"): text}) == hashed()


def test_docstrings_of_functions_and_classes_do_not_matter(hashed: Hash) -> None:
    plain = "class A(B):\n    async def f(self):\n        pass\n    def g(self):\n        return 'x'\n"
    documented = (
        'class A(B):\n    """A."""\n    async def f(self):\n        """F."""\n'
        "    def g(self):\n        '''G.'''\n        return \"x\"\n"
    )
    assert hashed({library("numbers"): plain}) == hashed({library("numbers"): documented})


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
        "ONE = 1\nTWO = 2",
        "del ONE",
        "if TYPE_CHECKING:\n    pass\nelse:\n    ONE = 1",
        "if not TYPE_CHECKING:\n    ONE = 1",
        "return_value = lambda *a, b=1: a\nONE = 1",
        "import os\nONE = 1",
    ],
)
def test_other_meaning_changes_the_fingerprint(hashed: Hash, text: str) -> None:
    assert hashed({library("numbers"): text}) != hashed()


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
def test_small_changes_of_meaning_are_seen(hashed: Hash, one: str, other: str) -> None:
    assert hashed({library("numbers"): one}) != hashed({library("numbers"): other})


@pytest.mark.parametrize("module", ["training", "fusion", "late", "numbers", "__init__"])
def test_every_imported_module_counts(hashed: Hash, module: str) -> None:
    assert hashed({library(module): TREE[library(module)] + "ADDED = 1\n"}) != hashed()


def test_package_of_the_entry_scripts_counts(hashed: Hash) -> None:
    alone = {"workflow_scripts/alone.py": "print()"}
    entry = "workflow_scripts.alone"
    assert hashed(alone | {"workflow_scripts/__init__.py": "ADDED = 1"}, entry) != hashed(alone, entry)


@pytest.mark.parametrize("name", [library("figures"), "workflow_scripts/draw.py", "setup.py", "torch/__init__.py"])
def test_modules_that_are_not_imported_do_not_count(hashed: Hash, name: str) -> None:
    assert hashed({name: "this is no Python"}) == hashed()


@pytest.mark.parametrize(
    "statement",
    [
        "import posner.report.figures.style",
        "import posner.report.figures.style as drawing",
        "import os, posner.report.figures.style",
        "from workflow_scripts.posner import figures",
        "from workflow_scripts.posner import figures as drawing",
        "from posner.report.figures.style import WIDTH",
        "from posner.report.figures.style import *",
        "from . import figures",
        "from .figures import WIDTH",
        "from ..posner import figures",
        "from ..posner.figures import WIDTH",
        "from . import *",
        "from .. import draw",
        "def f():\n    from . import figures",
        "class A:\n    from . import figures",
        "try:\n    from . import figures\nexcept ImportError:\n    raise",
        "if a:\n    b()\nelse:\n    from . import figures",
        "with a:\n    from . import figures",
        "match a:\n    case 1:\n        from . import figures",
    ],
)
def test_every_way_to_import_is_followed(hashed: Hash, statement: str) -> None:
    importing = {library("numbers"): f"{statement}\nONE = 1\n"}
    assert hashed(importing | {library("figures"): "WIDTH = 5"}) != hashed(importing)


def test_modules_of_a_package_inside_the_library(hashed: Hash) -> None:
    nested = {
        library("numbers"): "from .deep.inner import ONE",
        library("deep/__init__"): "from . import shared",
        library("deep/inner"): "from ..figures import WIDTH as ONE",
        library("deep/shared"): "X = 1",
    }
    first = hashed(nested)
    for module in ("deep/__init__", "deep/inner", "deep/shared", "figures"):
        text = nested.get(library(module)) or TREE[library(module)]
        assert hashed(nested | {library(module): f"{text}\nY = 1"}) != first, module


def test_cycles_end(hashed: Hash) -> None:
    cycle = {library("numbers"): "from .late import add\nfrom . import numbers\nONE = 1"}
    assert hashed(cycle) != hashed()
    assert hashed(cycle | {library("late"): TREE[library("late")] + "X = 1"}) != hashed(cycle)


def test_each_entry_script_has_a_fingerprint_of_its_own(hashed: Hash) -> None:
    assert hashed(entry="workflow_scripts.draw") != hashed()


def test_unreachable_modules_and_what_only_they_import_do_not_count(hashed: Hash) -> None:
    without = ("workflow_scripts.posner.late",)
    first = hashed(unreachable=without)
    assert first != hashed()
    assert hashed({library("late"): "X = 1"}, unreachable=without) == first
    assert hashed({library("numbers"): "ONE = 2"}, unreachable=without) == first
    assert hashed({library("fusion"): "X = 1"}, unreachable=without) != first


def test_what_others_import_from_an_unreachable_modules_imports_still_counts(hashed: Hash) -> None:
    without = ("workflow_scripts.posner.late",)
    shared = {library("fusion"): "from . import late, numbers"}
    assert hashed(shared | {library("numbers"): "ONE = 2"}, unreachable=without) != hashed(shared, unreachable=without)


def test_unreachable_package_takes_its_modules_along(hashed: Hash) -> None:
    without = ("workflow_scripts.posner.deep",)
    nested = {library("numbers"): "from .deep.inner import ONE", library("deep/__init__"): ""}
    first = hashed(nested | {library("deep/inner"): "ONE = 1"}, unreachable=without)
    assert hashed(nested | {library("deep/inner"): "ONE = 2"}, unreachable=without) == first


def test_unreachable_name_of_no_module_is_refused(hashed: Hash) -> None:
    with pytest.raises(InputError, match=r"workflow_scripts\.posner\.lates"):
        hashed(unreachable=("workflow_scripts.posner.lates",))


def test_missing_entry_script_is_named(hashed: Hash) -> None:
    with pytest.raises(InputError, match=r"workflow_scripts\.trian"):
        hashed(entry="workflow_scripts.trian")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ONE = 1\nfrom .nowhere import x", r"numbers\.py:2: .*workflow_scripts\.posner\.nowhere"),
        ("import workflow_scripts.posner.nowhere", r"numbers\.py:1: .*workflow_scripts\.posner\.nowhere"),
        ("\n\ndef f(:\n", r"numbers\.py:3: "),
        ("from .... import x", r"numbers\.py:1: relative import"),
        ("x = '\0'", r"numbers\.py:1: "),
    ],
)
def test_errors_name_file_and_line(hashed: Hash, text: str, place: str) -> None:
    with pytest.raises(InputError, match=rf"^workflow_scripts/posner/{place}"):
        hashed({library("numbers"): text})


CONSTANTS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.binary()
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=CONSTANTS, second=CONSTANTS)
def test_constants_are_told_apart_by_type_and_value(hashed: Hash, first: object, second: object) -> None:
    def swapped(a: object, b: object) -> str:
        return hashed({library("numbers"): f"ONE, TWO = {a!r}, {b!r}"})

    same = type(first) is type(second) and repr(first) == repr(second)
    assert (swapped(first, second) == swapped(second, first)) is same


def test_reformatting_the_project_keeps_its_fingerprints(tmp_path: Path) -> None:
    texts = {
        str(path.relative_to(CHECKOUT)): path.read_text(encoding="utf-8")
        for path in CHECKOUT.glob("workflow_scripts/**/*.py")
    }
    original = lay(tmp_path / "original", texts)
    rewritten = lay(tmp_path / "rewritten", {name: ast.unparse(ast.parse(text)) for name, text in texts.items()})
    for name in texts:
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert fingerprint(module, rewritten) == fingerprint(module, original), module


def test_nothing_is_imported() -> None:
    code = (
        "import sys; from pathlib import Path; from posner.workflow.fingerprint import fingerprint;"
        f"fingerprint('posner.config.study', Path({str(CHECKOUT)!r}));"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('pydantic', 'torch', 'numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
