"""Mutated configs: each is accepted or refused with plain lines at once, and what is accepted can be planned.

``POSNER_FUZZ_CASES`` sets the number of configs that are checked; every hundredth, at most, is also planned. A case
depends on its number only, so a failure can be run alone.
"""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from configs import CHECKOUT, PUBLISHED, STUDIES
from posner.config.study import Config
from posner.config.validation import check
from posner.errors import InputError
from snakemake.utils import update_config
from workflow_copy import Copy, copy_workflow

CASES = int(os.environ.get("POSNER_FUZZ_CASES", "500"))
PLANS = max(5, CASES // 300)
CHECK_SECONDS, PLAN_SECONDS = 1.0, 60.0

TEXTS = [
    *("", " ", "a\nb", "a\0b", "\ud800", "\x1b[31m", "\u2028", "\u202e", "\ufeff", "x" * 101, "x" * 300, "x" * 10**5),
    *("{", "}", "{}", "{corpus}", "{B}", "{wildcards.corpus}", "{{ 6 * 7 }}", "{% x %}", "{0}", "<results>", "%s", "%"),
    *("--", "-x", "--help", "'", '"', "\\", "`id`", "$HOME", "$(id)", "a;b", "a|b", "a&b", "#", "*", "~", "é", "名"),
    *(".", "..", "/", "/dev/zero", "/etc/passwd", "a/b", "a b", "null", "true", "1", "1e400", "-0", "0x10", "nan"),
    *(
        "corpus",
        "published",
        "final",
        "baseline",
        "earliest",
        "none",
        "auto",
        "cuda:0",
        "hub",
        "disk",
        "columns",
        "path",
    ),
    *(
        "generated",
        "scratch",
        "package",
        "__main__",
        "posner",
        "mit",
        "<script>",
        ".. include:: x",
        "name_",
        "a-",
        "a_",
    ),
]
NUMBERS = [
    *(0, 1, -1, 2, 3, 5, 7, 8, 10, 64, 100, 1000, 10**5, 10**9, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64),
    *(10**30, -(10**30), 10**400, 0.0, -0.0, 0.5, 1.0, 1.5, 2.5, 1e-300, 5e-324, 1e30, 1e308),
    *(float("nan"), float("inf"), float("-inf")),
]
OTHERS: list[Any] = [
    None,
    True,
    False,
    [],
    {},
    [[]],
    [{}],
    {"a": {}},
    [None],
    [1, "x"],
    [True],
    {"": 1},
    list(range(3000)),
]


def studies() -> list[dict[str, Any]]:
    """The published study, and every named study as it is merged with it."""
    merged = [copy.deepcopy(PUBLISHED)]
    for path in [*STUDIES, CHECKOUT / "tests" / "support" / "small_study.yaml"]:
        raw = copy.deepcopy(PUBLISHED)
        update_config(raw, yaml.safe_load(path.read_text(encoding="utf-8")))
        merged.append(raw)
    return merged


STUDIES_MERGED = studies()


def containers(value: Any) -> Iterator[Any]:
    """All mappings and lists that are not empty, at any depth."""
    if isinstance(value, dict | list) and value:
        yield value
        for part in value.values() if isinstance(value, dict) else value:
            yield from containers(part)


def hostile(random_: random.Random) -> Any:
    return copy.deepcopy(random_.choice(random_.choice([TEXTS, NUMBERS, OTHERS])))


def mutate(random_: random.Random, raw: dict[str, Any]) -> None:
    """Change one value or key somewhere."""
    container = random_.choice(list(containers(raw)))
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    key = random_.choice(keys)
    match random_.choice(["replace", "replace", "near", "delete", "key", "move", "wrap", "duplicate"]):
        case "replace":
            container[key] = hostile(random_)
        case "near" if isinstance(container[key], int | float):
            container[key] = random_.choice([-1, 0, 0.5, 2, 10, 1000, 10**6, 10**12]) * container[key]
        case "near" if isinstance(container[key], str):
            container[key] += random_.choice(TEXTS)
        case "near":
            container[key] = copy.deepcopy(random_.choice(list(containers(raw))))
        case "delete":
            del container[key]
        case "key" if isinstance(container, dict):
            container[random_.choice([*TEXTS, 1, None, True, 2.5])] = container.pop(key)
        case "move":
            other = random_.choice(list(containers(raw)))
            part = other if isinstance(other, list) else list(other.values())
            container[key] = copy.deepcopy(random_.choice(part))
        case "wrap":
            container[key] = random_.choice([[container[key]], {"a": container[key]}, str(container[key])])
        case _ if isinstance(container, list):
            container.insert(key, copy.deepcopy(container[key]))
        case _:
            container[random_.choice(TEXTS)] = copy.deepcopy(container[key])


def make_config(case: int) -> dict[str, Any]:
    random_ = random.Random(case)
    raw = copy.deepcopy(random_.choice(STUDIES_MERGED))
    for _ in range(random_.choice([1, 1, 1, 2, 4])):
        if any(containers(raw)):
            mutate(random_, raw)
    return raw


def test_each_config_is_accepted_or_refused_with_plain_lines() -> None:
    kinds: Counter[str] = Counter()
    for case in range(CASES):
        raw = make_config(case)
        started = time.process_time()
        try:
            check(raw)
            lines = []
        except InputError as error:
            lines = str(error).split("\n")
        except Exception as error:
            raise AssertionError(f"case {case} ends in {type(error).__name__}") from error
        assert time.process_time() - started < CHECK_SECONDS, f"case {case} takes too long"
        for line in lines:
            assert line.startswith("config: "), f"case {case}: {line!r}"
            assert line.isprintable(), f"case {case}: {line!r}"
            assert len(line) < 700, f"case {case}: {line!r}"
        kinds["refused" if lines else "accepted"] += 1
    print(f"{CASES} configs: {dict(kinds)}")
    assert min(kinds["refused"], kinds["accepted"]) > CASES / 20, "mutations must be neither harmless nor always fatal"


def plan(copy_: Copy, raw: dict[str, Any]) -> tuple[int, str]:
    """Status and output of planning `raw` alone, without the published config below it."""
    (copy_.folder / "config.yaml").write_text(json.dumps(raw), encoding="utf-8")
    command = copy_.command("--dry-run", "--quiet", "rules")
    options = command["args"]
    place = options.index("--configfile")
    command["args"] = options[:place] + options[place + 2 :]
    done = subprocess.run(**command, capture_output=True, text=True, timeout=PLAN_SECONDS, errors="replace")
    return done.returncode, done.stdout + done.stderr


def accepted(raw: dict[str, Any]) -> Config | str:
    """The checked config, or why it is refused."""
    try:
        return check(raw)
    except InputError as error:
        return str(error)


@pytest.mark.slow
def test_what_is_accepted_can_be_planned(tmp_path: Path) -> None:
    copy_ = copy_workflow(tmp_path / "copy")
    outcomes: Counter[str] = Counter()
    case = 0
    while sum(outcomes.values()) < PLANS:
        raw = make_config(case)
        case += 1
        if raw in STUDIES_MERGED or isinstance(accepted(raw), str):
            continue
        status, printed = plan(copy_, raw)
        assert "Traceback" not in printed, f"case {case - 1}: {printed[-3000:]}"
        if status == 0:
            outcomes["planned"] += 1
        else:
            messages = [line for line in printed.splitlines() if line.startswith("config: ")]
            assert len(messages) == 1, f"case {case - 1}: {printed[-3000:]}"
            outcomes["refused"] += 1
    print(f"{PLANS} plans: {dict(outcomes)}")
    assert outcomes["planned"]
