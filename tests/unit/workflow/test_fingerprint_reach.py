"""Which definitions a fingerprint reaches, and which a job's settings keep it from."""

from __future__ import annotations

from pathlib import Path

import pytest
from code_tree import TREE, Hash, module, write_tree
from posner.errors import InputError
from posner.workflow.fingerprint import fingerprint

SOURCES = Path(__file__).parents[3] / "workflow_scripts"

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
