"""Which fusion code a variant can reach."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

from configs import CHECKOUT
from posner.config.variants import Variant
from posner.model.fusion.modules import MODULES, PACKAGE, unreachable_modules


def test_the_table_names_every_fusion_and_every_module_of_one() -> None:
    assert MODULES.keys() == set(get_args(Variant.model_fields["fusion"].annotation))
    files = {path.stem for path in (CHECKOUT / "workflow_scripts/posner/model/fusion").glob("*.py")}
    assert frozenset().union(*MODULES.values()) == files - {"__init__", "base", "modules"}


def test_a_fusion_does_not_reach_the_code_of_the_others() -> None:
    assert unreachable_modules("late") == [f"{PACKAGE}.encoder"]
    assert unreachable_modules("encoder") == [f"{PACKAGE}.late"]
    assert unreachable_modules("none") == [f"{PACKAGE}.{name}" for name in ("encoder", "late", "projected")]


def test_the_workflow_reads_it_without_torch() -> None:
    code = "import sys, posner.model.fusion.modules; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
