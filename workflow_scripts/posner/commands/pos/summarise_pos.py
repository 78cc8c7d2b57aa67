"""Tables of POS tagging scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from posner.files import read_json, write_table
from posner.workflow.command import Command


class SummarisePos(Command):
    """Write tables of the taggers' scores by split and by tag, and of their most frequent confusions."""

    confusion: Path
    """confusion_matrix.json."""
    tables: Path
    """Folder to write to: pos_tagging.csv, pos_by_tag.csv, pos_confusions.csv."""

    def execute(self) -> None:
        splits = read_json(self.confusion, ["splits"])["splits"]
        overall = ("tokens", "unseen", "accuracy", "macro_f1")
        write_table(
            self.tables / "pos_tagging.csv",
            pd.DataFrame({"split": split} | {key: scores[key] for key in overall} for split, scores in splits.items()),
        )
        write_table(
            self.tables / "pos_by_tag.csv",
            pd.DataFrame(
                {"split": split, "tag": tag} | row
                for split, scores in splits.items()
                for tag, row in scores["per_tag"].items()
            ),
        )
        write_table(
            self.tables / "pos_confusions.csv",
            pd.DataFrame(
                ({"split": split} | row for split, scores in splits.items() for row in scores["top_confusions"]),
                columns=["split", "gold", "predicted", "count", "share"],  # needed for a tagger without errors
            ),
        )

    def inputs(self) -> list[Path]:
        return [self.confusion]

    def provenance_path(self) -> Path:
        return self.tables / "pos.provenance.json"
