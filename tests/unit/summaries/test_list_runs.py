"""The list of the files of all runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest
from posner.commands.ner.list_runs import ListRuns
from posner.config.variants import SeededVariant
from posner.errors import InputError
from posner.workflow.command import run
from posner.workflow.options import flags, parse

VARIANTS = {
    "baseline": SeededVariant(fusion="none", pos="none", seeds=[1, 2]),
    "late": SeededVariant(fusion="late", pos="gold", feature="one_hot", seeds=[1]),
}
FILES = ("{variant}/{seed}.parquet", "{variant}/{seed}.json")


def list_runs(folder: Path) -> pd.DataFrame:
    ListRuns(variants=VARIANTS, files=FILES, output=folder / "runs.csv").execute()
    return pd.read_csv(folder / "runs.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for variant, seed in [("baseline", 1), ("baseline", 2), ("late", 1)]:
        for kind in ("parquet", "json"):
            file = tmp_path / variant / f"{seed}.{kind}"
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"{variant} {seed} {kind}")
    return tmp_path


def test_every_file_of_every_run_is_listed_with_its_hash(folder: Path) -> None:
    table = list_runs(folder)
    assert len(table) == 6
    for row in table.itertuples():
        assert row.file in {file.format(variant=row.variant, seed=row.seed) for file in FILES}
        assert row.sha256 == hashlib.sha256((folder / row.file).read_bytes()).hexdigest()


def test_a_file_that_changes_changes_its_row_alone(folder: Path) -> None:
    before = list_runs(folder)
    (folder / "late" / "1.json").write_text("other")
    changed = list_runs(folder).compare(before)
    assert list(changed.index) == [5]


def test_a_missing_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "late" / "1.json").unlink()
    with pytest.raises(SystemExit):
        run(ListRuns, flags(variants=VARIANTS, files=list(FILES), output=folder / "runs.csv"))
    [line] = capsys.readouterr().err.splitlines()
    assert "late/1.json: cannot be read" in line


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({}, "--variants: baseline.seeds is required"),
        ({"seeds": None}, "--variants: baseline.seeds: Input should be a valid tuple"),
        ({"seeds": []}, "--variants: baseline.seeds: Tuple should have at least 1 item"),
    ],
    ids=["missing", "null", "empty"],
)
def test_variants_without_seeds_are_refused_at_once(tmp_path: Path, seeds: dict[str, object], message: str) -> None:
    variants = {"baseline": {"fusion": "none", **seeds}}
    with pytest.raises(InputError, match=message):
        parse(ListRuns, flags(variants=variants, files=list(FILES), output=tmp_path / "runs.csv"))
    assert not list(tmp_path.iterdir())
