"""Edits of a finished study, and the jobs that may run again after one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workflow_copy import CHECKOUT, Copy

LIBRARY = "workflow_scripts/posner"


@dataclass(frozen=True)
class Edit:
    """A row of the table in docs/reruns.md: jobs of each corpus by rule, and rules of the whole study that run once."""

    name: str
    reruns: str
    apply: Callable[[Copy], None]
    jobs: dict[str, int]
    study: tuple[str, ...] = ()
    corpora: int = 2

    @property
    def expected(self) -> Counter[str]:
        """Jobs of the whole study by rule."""
        return Counter({rule: self.corpora * number for rule, number in self.jobs.items()}) + Counter(self.study)

    @property
    def is_documented(self) -> bool:
        """Whether docs/reruns.md has this row."""
        page = (CHECKOUT / "docs" / "reruns.md").read_text(encoding="utf-8")
        return f"| {self.name} | {self.reruns} |" in page


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def in_file(name: str, old: str, new: str) -> Callable[[Copy], None]:
    return lambda copy: replace(copy.folder / name, old, new)


def in_study(**values: object) -> Callable[[Copy], None]:
    return lambda copy: copy.set(**values)


def append(copy: Copy, name: str, text: str) -> None:
    """Add `text` at the end of a module of the library."""
    with (copy.folder / LIBRARY / name).open("a") as file:
        file.write(text)


def add_field(settings: str) -> Callable[[Copy], None]:
    """A new field in a class of settings, the last one in its module."""
    return lambda copy: append(copy, f"config/{settings}.py", "    tolerance: float = 0\n")


# --- jobs of one corpus by rule, and rules of the whole study --------------------------------------------------------


PLOTS_OF_SWEEPS = ["plot_corruption", "plot_scaled_errors", "plot_pos_controls"]
CONCLUDED = ["conclude", "plot_oracles", "typeset_tables", "typeset_poster", "run_notebook"]
AFTER_POS = dict.fromkeys(
    ["summarise_pos", "plot_pos_tagging", "plot_confusions", "plot_corruption", "write_model_cards", *CONCLUDED], 1
)
AFTER_NER = dict.fromkeys(
    [
        "summarise_ner",
        "compare_variants",
        "score_slices",
        "plot_ner_results",
        "plot_injection_strategies",
        "plot_slices",
        "plot_training",
        "plot_cost",  # in the variants' colours, which depend on the table of runs
        *PLOTS_OF_SWEEPS,
        "write_model_cards",
        *CONCLUDED,
    ],
    1,
)
AFTER_SWEEPS = dict.fromkeys(["summarise_corruption", *PLOTS_OF_SWEEPS, *CONCLUDED], 1)
COST = dict.fromkeys(["summarise_cost", "plot_cost", "typeset_tables"], 1)
# With some variants; and with all of them.
TRAINED = {"sweep_corruption": 3, "list_runs": 1, "list_sweeps": 1, **AFTER_NER, **AFTER_SWEEPS, **COST}
ALL_TRAINED = {"train_ner": 6, "measure_ceiling": 1, **TRAINED}
TAGGED = {"train_tagger": 3, "merge_pos": 1, "score_pos": 1, **AFTER_POS, **COST}
END = ("summarise_study", "report")
SETTING = ("record_config", *END)  # the config is recorded as a whole
POWER_SETTING = (*SETTING, "summarise_power", "plot_seeds")  # of variants, seeds and statistics
