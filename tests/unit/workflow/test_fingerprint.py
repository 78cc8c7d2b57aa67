"""A fingerprint changes with the meaning of the definitions that are reached, and with nothing else."""

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
from posner.commands.names import COMMANDS, entry_point
from posner.errors import InputError
from posner.workflow.fingerprint import fingerprint
from posner.workflow.provenance import RUNNER, UNCOUNTED

JOB_COMMANDS = [name for group, names in COMMANDS.items() if group != "project" for name in names]
SOURCES = Path(__file__).parents[3] / "workflow_scripts"
ENTRY = "library.train:Train"

# Train -> fuse -> add -> ONE, and beside these definitions that are not reached.
TREE = {
    "library/__init__.py": "",
    "library/train.py": (
        "import math\n\nfrom library.fusion import fuse\nfrom library.figures import WIDTH\n\n\n"
        "class Train:\n    def execute(self) -> float:\n        return math.sqrt(fuse(3))\n\n\n"
        "class Other:\n    width = WIDTH\n"
    ),
    "library/fusion.py": (
        "def fuse(value):\n    from library import late\n\n    return late.add(value, first=1, second=2)\n\n\n"
        "def unused(value):\n    return value\n"
    ),
    "library/late.py": "from .numbers import ONE\n\n\ndef add(v, first, second):\n    return v + ONE\n",
    "library/numbers.py": "ONE = 1\n",
    "library/figures.py": "WIDTH = 4\n\n\ndef draw():\n    return WIDTH\n\n\ndef other():\n    return 0\n",
}


class Hash(Protocol):
    """Fingerprint of an entry in `TREE` with some files changed."""

    def __call__(
        self, changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()
    ) -> str: ...


@pytest.fixture
def hashed(tmp_path: Path) -> Hash:
    # Each tree gets a folder of its own, since a process keeps what it has read.
    folders = (tmp_path / str(number) for number in count())

    def hash_tree(changes: Mapping[str, str] = {}, entry: str = ENTRY, *, unreachable: tuple[str, ...] = ()) -> str:
        return fingerprint(entry, root=write_tree(next(folders), {**TREE, **changes}), unreachable=unreachable)

    return hash_tree


def write_tree(root: Path, tree: Mapping[str, str]) -> Path:
    """Write the files of `tree` below `root`."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def module(name: str) -> str:
    return f"library/{name}.py"


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


# --- what is followed ------------------------------------------------------------------------------------------------

DRAW = {module("figures"): TREE[module("figures")].replace("return WIDTH", "return WIDTH + 1")}
WIDTH = {module("figures"): TREE[module("figures")].replace("4", "5")}
OTHER = {module("figures"): TREE[module("figures")].replace("return 0", "return 1")}


@pytest.mark.parametrize(
    "text",
    [
        "from library.figures import draw\nONE = draw",
        "from library.figures import draw as d\nONE = d",
        "from library.figures import other, draw\nONE = draw",
        "from .figures import draw\nONE = draw",
        "import library.figures\nONE = library.figures.draw",
        "import library.figures as f\nONE = f.draw.x",
        "import os, library.figures as f\nONE = f.draw",
        "from library import figures\nONE = figures.draw()",
        "from . import figures as f\nONE = f.draw",
        "from library.api import draw\nONE = draw",
        "from library import api\nONE = api.draw",
        "from library import api\nONE = api.figures.draw",
        "def ONE():\n    from library import figures\n    return figures.draw()",
        "def ONE():\n    import library.figures\n    return library.figures.draw()",
        "def ONE():\n    from library.figures import draw as d\n    return d()",
        "class ONE:\n    def f(self):\n        from library.figures import draw\n        return draw()",
        "class ONE:\n    from library.figures import draw",
        "from library.figures import draw\ndef f(): return draw()\ndef ONE(): return f()",
        "from library.figures import draw\n@draw\ndef ONE(): pass",
        "from library.figures import draw\nclass ONE(draw): pass",
        "from library.figures import draw\ndef ONE(x=draw): pass",
        "from library.figures import draw\ndef ONE(x: draw): pass",
        "from library.figures import draw\ndef ONE(x: 'draw | None'): pass",
        "from library.figures import draw\nclass ONE:\n    x: 'list[draw]'",
        "from library.figures import draw\nONE = TypeVar('T', bound='draw')",
        "from library.figures import draw\nONE = dict[str, 'draw']",
        "from library import figures\nclass ONE:\n    x: 'figures.draw'",
        "from library.figures import draw\nclass ONE:\n    x: 'Annotated[draw, Field(gt=0)]'",
        "from library.figures import draw\nclass ONE:\n    x: 'list[\"draw\"]'",
        "from library.figures import draw\ndef ONE(x):\n    match x:\n        case draw():\n            return 1",
        "from library.figures import draw\nONE = [x for x in draw]",
        "from library.figures import draw\nONE = lambda: f'{draw}'",
        "from library.figures import draw\ndef ONE():\n    global draw\n    draw = 1",
        "from library.figures import draw\ndef ONE():\n    raise draw('x')",
        "ONE = 'library.figures:draw'",
        "from importlib import resources\ndef ONE(): return load('library.figures.draw')",
    ],
)
def test_a_definition_is_followed_and_its_neighbour_is_not(hashed: Hash, text: str) -> None:
    using = {module("numbers"): text, module("api"): "from library import figures\nfrom library.figures import draw"}
    first = hashed(using)
    assert hashed(using | DRAW) != first
    assert hashed(using | WIDTH) != first
    assert hashed(using | OTHER) == first


@pytest.mark.parametrize(
    "text",
    [
        "from library import figures\nONE = getattr(figures, 'draw')",
        "from library import figures\ndef ONE(): return vars(figures)",
        "from library import figures\nCHOICE = figures\nONE = CHOICE",
        "import library.figures as f\ndef ONE(): return f",
        "from library import figures\nONE = figures.__dict__",
        "from library import figures\nclass ONE:\n    x: 'figures'",
        "from library.figures import *\nONE = draw",
        "from library.figures import *\nONE = 1",
        "def ONE():\n    from library import figures\n    return getattr(figures, 'draw')",
        "class ONE:\n    from library import figures",
        "try:\n    from library import figures\nexcept ImportError:\n    raise\nONE = figures.draw",
        "if a:\n    import library.figures as f\nONE = 1",
        "with a:\n    import library.figures\nONE = 1",
        "import library\nONE = library",
        "from library import *\nONE = 1",
        "from . import *\nONE = 1",
        "ONE = 'library.figures'",
        "import importlib\ndef ONE(): return load('library.figures')",
        "from library.figures import missing\nONE = missing",
        "from library import figures\nONE = figures.missing",
        "from library import api\nONE = getattr(api, 'draw')",
        "from library.api import everything\nONE = everything",
    ],
)
def test_what_cannot_be_resolved_counts_as_a_whole(hashed: Hash, text: str) -> None:
    api = "from library import figures\nfrom library.figures import draw\neverything = vars(figures)"
    using = {module("numbers"): text, module("api"): api}
    first = hashed(using)
    assert hashed(using | DRAW) != first
    assert hashed(using | OTHER) != first
    assert hashed(using | {module("figures"): TREE[module("figures")] + "ADDED = 1\n"}) != first


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\ndef ONE(name): return importlib.import_module(name)",
        "from importlib import import_module\ndef ONE(name): return import_module(f'library.{name}')",
        "def ONE(name): return __import__(name)",
        "class ONE: pass\ndef f(): return ONE.__subclasses__()\nONE.f = f",
        "class ONE:\n    def __init_subclass__(cls): CLASSES.append(cls)",
    ],
)
def test_what_cannot_be_followed_is_refused(hashed: Hash, text: str) -> None:
    with pytest.raises(InputError, match=r"library\.numbers: .* cannot be followed"):
        hashed({module("numbers"): text})


EFFECTS = [
    "register(draw)",
    "draw.x = 1",
    "TABLE = {}\nTABLE[draw] = 1",
    "TABLE = []\nTABLE += [draw]",
    "for x in y:\n    x(draw)",
    "if y:\n    draw()",
    "while y:\n    draw()",
    "with y:\n    draw()",
    "try:\n    y\nexcept E:\n    draw()",
    "match draw:\n    case 1:\n        pass",
    "assert draw",
    "del draw",
    "X = draw()",
    "X: int = [draw() for i in y]",
    "(X := draw)",
    "X = [Y := draw]",
    "def f(x=draw()): pass",
    "def f(*, x=draw()): pass",
    "class A:\n    x = draw()",
    "class A:\n    @draw\n    def f(self): pass",
    "class A:\n    print(draw())",
    "@draw\ndef f(): pass",
    "@draw.register(1)\ndef f(): pass",
    "@draw(1)\nclass A: pass",
    "@atexit.register\ndef f(): draw()",
    "registry = Registry(draw)\n@registry.add\ndef f(): pass",
    "X = draw\nX = 1",
]


@pytest.mark.parametrize(
    "text",
    [
        "import library.effects\nONE = 1",
        "from library import effects\nONE = 1",
        "from library.effects import CONSTANT\nONE = 1",
        "from library.effects import CONSTANT\nONE = CONSTANT",
        "from library import between\nONE = 1",
        "def ONE():\n    import library.effects",
        "class A:\n    import library.effects\nONE = 1",
        "if a:\n    from library.effects import CONSTANT\nONE = 1",
    ],
)
def test_effects_count_wherever_the_module_is_imported(hashed: Hash, text: str) -> None:
    begin = "from library.figures import draw\nCONSTANT = 1\n"
    using = {module("numbers"): text, module("between"): "import library.effects\n"}
    without = hashed(using | {module("effects"): begin})
    for effect in EFFECTS:
        counted = using | {module("effects"): f"{begin}{effect}\n"}
        assert hashed(counted) != without, effect
        assert hashed(counted | DRAW) != hashed(counted), f"names in {effect}"
        assert hashed(counted | OTHER) == hashed(counted), effect


def test_an_import_that_nothing_uses_is_an_effect(hashed: Hash) -> None:
    assert hashed({module("numbers"): "import torch_npu\nONE = 1"}) != hashed()
    used = "import numpy as np\ndef f(): return np.pi\nONE = 1"
    assert hashed({module("numbers"): used}) == hashed()


def test_imports_of_a_function_that_is_not_reached_are_not_followed(hashed: Hash) -> None:
    text = "ONE = 1\ndef f():\n    from library import effects\n"
    without = hashed({module("numbers"): text, module("effects"): ""})
    assert hashed({module("numbers"): text, module("effects"): "register()"}) == without


@pytest.mark.parametrize("call", ["globals()['draw']", "eval('dra' + 'w')", "exec(code)"])
def test_code_that_reads_its_module_by_computed_names_reaches_all_of_it(hashed: Hash, call: str) -> None:
    using = {module("numbers"): f"from library.figures import draw\nTWO = 2\ndef ONE(): return {call}"}
    first = hashed(using)
    assert hashed(using | DRAW) != first
    assert hashed(using | OTHER) == first
    assert hashed({module("numbers"): using[module("numbers")].replace("2", "3")}) != first


def test_swapped_imports_are_seen(hashed: Hash) -> None:
    text = "from library.figures import {} as f, {} as g\ndef ONE(): return f() - g()"
    first = hashed({module("numbers"): text.format("draw", "other")})
    assert hashed({module("numbers"): text.format("other", "draw")}) != first


def test_a_class_counts_as_a_whole(hashed: Hash) -> None:
    text = "class A:\n    def f(self): return 1\n    def g(self): return {}\nONE = A().f()"
    assert hashed({module("numbers"): text.format(1)}) != hashed({module("numbers"): text.format(2)})


def test_packages_on_the_way_count_as_a_whole(hashed: Hash) -> None:
    nested = {
        module("numbers"): "from library.deep.inner import ONE",
        module("deep/__init__"): "",
        module("deep/inner"): "ONE = 1",
    }
    first = hashed(nested)
    assert hashed(nested | {module("deep/__init__"): '"""Deep."""\n'}) == first
    added = nested | {module("deep/__init__"): "from library.figures import draw"}
    assert hashed(added) != first
    assert hashed(added | DRAW) != hashed(added)
    assert hashed(nested | {module("__init__"): "ADDED = 1"}) != first


def test_a_package_that_is_used_counts_with_all_its_modules(hashed: Hash) -> None:
    nested = {
        module("numbers"): "from library import deep\nONE = getattr(deep, 'inner')",
        module("deep/__init__"): "",
        module("deep/inner"): "X = 1",
        module("deep/more/__init__"): "",
        module("deep/more/inmost"): "X = 1",
    }
    first = hashed(nested)
    for name in ("deep/inner", "deep/more/inmost"):
        assert hashed(nested | {module(name): "X = 2"}) != first, name


def test_a_name_is_a_definition_or_a_module_of_the_package(hashed: Hash) -> None:
    nested = {
        module("numbers"): "from library.deep import inner\nONE = inner.X",
        module("deep/__init__"): "",
        module("deep/inner"): "X = 1\nY = 1",
    }
    first = hashed(nested)
    assert hashed(nested | {module("deep/inner"): "X = 2\nY = 1"}) != first
    assert hashed(nested | {module("deep/inner"): "X = 1\nY = 2"}) == first


def test_cycles_end(hashed: Hash) -> None:
    cycle = {module("numbers"): "from .late import add\nfrom . import numbers\nONE = (add, numbers.ONE)"}
    assert hashed(cycle) != hashed()


def test_without_a_name_the_whole_module_is_the_entry(hashed: Hash) -> None:
    entry = "library.train"
    for changes in (WIDTH, {module("fusion"): TREE[module("fusion")].replace("first=1", "first=2")}):
        assert hashed(changes, entry) != hashed(entry=entry)
    unused = {module("fusion"): TREE[module("fusion")].replace("return value", "return 1")}
    assert hashed(unused, entry) == hashed(entry=entry)


def test_several_entries_count_together(tmp_path: Path) -> None:
    root = write_tree(tmp_path, TREE)
    both = fingerprint("library.train:Train", "library.figures:draw", root=root)
    assert both == fingerprint("library.figures:draw", "library.train:Train", root=root)
    assert both not in (fingerprint(name, root=root) for name in ("library.train:Train", "library.figures:draw"))


@pytest.mark.parametrize("name", [module("figures"), module("nowhere"), "setup.py", "torch/__init__.py"])
def test_modules_that_are_not_imported_are_not_read(hashed: Hash, name: str) -> None:
    train = {module("train"): "from library.fusion import fuse\nclass Train:\n    f = fuse\n"}
    assert hashed(train | {name: "this is no Python"}) == hashed(train)


# --- what a job's settings keep it from ------------------------------------------------------------------------------


@pytest.mark.parametrize("without", ["library.late", "library.late:add"])
def test_unreachable_code_and_what_only_it_uses_does_not_count(hashed: Hash, without: str) -> None:
    first = hashed(unreachable=(without,))
    assert first != hashed()
    assert hashed({module("late"): TREE[module("late")].replace("v +", "v -")}, unreachable=(without,)) == first
    assert hashed({module("numbers"): "ONE = 2"}, unreachable=(without,)) == first
    edited = {module("fusion"): TREE[module("fusion")].replace("first=1", "first=3")}
    assert hashed(edited, unreachable=(without,)) != first


def test_effects_of_an_unreachable_module_do_not_count_and_those_of_a_definition_do(hashed: Hash) -> None:
    effect = {module("late"): TREE[module("late")] + "register(1)\n"}
    assert hashed(effect, unreachable=("library.late",)) == hashed(unreachable=("library.late",))
    assert hashed(effect, unreachable=("library.late:add",)) != hashed(unreachable=("library.late:add",))


def test_what_others_use_of_an_unreachable_modules_imports_still_counts(hashed: Hash) -> None:
    without = ("library.late",)
    shared = {module("fusion"): "from . import late\nfrom .numbers import ONE\ndef fuse(x): return late.add(x) + ONE"}
    assert hashed(shared | {module("numbers"): "ONE = 2"}, unreachable=without) != hashed(shared, unreachable=without)


def test_unreachable_package_takes_its_modules_along(hashed: Hash) -> None:
    nested = {module("numbers"): "from .deep.inner import ONE", module("deep/__init__"): ""}
    first = hashed(nested | {module("deep/inner"): "ONE = 1"}, unreachable=("library.deep",))
    assert hashed(nested | {module("deep/inner"): "ONE = 2"}, unreachable=("library.deep",)) == first


@pytest.mark.parametrize("name", ["library.lates", "library.late:added", "library.lates:add"])
def test_unknown_unreachable_code_is_refused(hashed: Hash, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}: there is no such"):
        hashed(unreachable=(name,))


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
