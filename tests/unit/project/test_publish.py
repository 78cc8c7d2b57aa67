"""Published results: the summaries of a finished study, copied to where the repository keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest
from configs import CHECKOUT
from posner.commands.project.publish import Publish
from posner.errors import InputError
from posner.files import write_json
from posner.workflow.command import run

KEPT = ("verdict.json", "metrics/ner_baseline.json", "metrics/variants/a.json", "tables/cost.csv", "figures/a.svg")
LEFT = ("ner/baseline/seed-1/predictions.parquet", "tables/corruption_changes.csv", "tables/cost.tex", "report.html")


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_summaries_are_copied_and_older_ones_removed(tmp_path: Path) -> None:
    write(tmp_path / "c/e", *KEPT, *LEFT)
    write(tmp_path / "published/mine", "tables/of_an_older_version.csv")
    command = Publish(study="mine", results=tmp_path / "c/e/verdict.json", published=tmp_path / "published")
    command.execute()
    assert files(tmp_path / "published" / "mine") == set(KEPT)
    command.execute()
    assert files(tmp_path / "published" / "mine") == set(KEPT)


def test_an_unfinished_study_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "c/e", *KEPT[1:])
    with pytest.raises(InputError, match="not a finished study"):
        Publish(study="mine", results=tmp_path / "c/e", published=tmp_path / "published").execute()
    assert not (tmp_path / "published").exists()


def test_a_changed_summary_is_not_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "c/e", *KEPT)
    record = {"arguments": [], "code": "", "content": "", "place": "", "inputs": {}}
    path = tmp_path / "c/e/tables/verdict.provenance.json"
    write_json(path, record | {"outputs": {"../verdict.json": "its hash before"}})
    with pytest.raises(SystemExit):
        run(Publish, ["--study=mine", f"--results={tmp_path / 'c/e'}", f"--published={tmp_path / 'published'}"])
    assert "verdict.json was changed or damaged" in capsys.readouterr().err
    assert not (tmp_path / "published").exists()


def test_what_is_published_could_have_been_published_by_the_command() -> None:
    for folder in (CHECKOUT / "results/published").iterdir():
        assert set(Publish(study=folder.name, results=folder).files()) == {p for p in folder.rglob("*") if p.is_file()}
