"""Cost of a study: sums and maxima of benchmark files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from fabricated import variant
from posner.commands.study.summarise_cost import SummariseCost
from posner.errors import InputError
from posner.files import write_json
from posner.summaries.cost import Usage, read_usage

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"
VARIANTS = {
    "baseline": variant("none", "none", "none", (1, 2)),
    "late": variant("late", "gold", "one_hot", (1, 2)),
}


def write_benchmark(path: Path, seconds: object, memory: object, cpu: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}\n{seconds}\t0:00:01\t{memory}\t9\t9\t9\t9\t9\t9\t{cpu}\n")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Benchmarks and records of a study in which seed 2 of `late` ran on a GPU."""
    for name, seconds in {
        "prepare_encoder": 5,
        "merge_pos": 2,
        "score_pos": 1,
        "pos/fold-0": 50,
        "pos/final": 70,
    }.items():
        write_benchmark(tmp_path / f"benchmarks/{name}.tsv", seconds, 100, seconds / 2)
    for tagger in ("fold-0", "final"):
        write_json(tmp_path / f"pos/{tagger}/provenance.json", {"device": "cpu AVX2 fp32"})
    for name in VARIANTS:
        for seed in (1, 2):
            write_benchmark(tmp_path / f"benchmarks/ner/{name}/seed-{seed}.tsv", 100 * seed, 1000 * seed, 10 * seed)
            device = "cuda A100 bf16" if (name, seed) == ("late", 2) else "cpu AVX2 bf16"
            write_json(tmp_path / f"ner/{name}/seed-{seed}/provenance.json", {"device": device})
            write_benchmark(tmp_path / f"benchmarks/corruption/{name}/seed-{seed}.tsv", 36, "NA", "NA")
            write_json(tmp_path / f"corruption/{name}/seed-{seed}.provenance.json", {"device": "cuda A100 bf16"})
    return tmp_path


def table(work: Path) -> pd.DataFrame:
    path = work / "tables" / "cost.csv"
    folders = {"work": work, "benchmarks": work / "benchmarks"}
    command = SummariseCost(variants=VARIANTS, swept=("late",), taggers=("fold-0", "final"), table=path, **folders)
    command.execute()
    assert len(command.inputs()) == 2 + 4 + 2  # the records of taggers, runs and sweeps of `late`, and no benchmark
    return pd.read_csv(path, keep_default_na=False).set_index(["rule", "variant"])


def test_jobs_of_a_rule_and_variant_are_summed(work: Path) -> None:
    costs = table(work)
    assert costs.index.tolist() == [
        ("prepare_encoder", ""),
        ("train_tagger", ""),
        ("merge_pos", ""),
        ("score_pos", ""),
        ("train_ner", "baseline"),
        ("train_ner", "late"),
        ("sweep_corruption", "late"),
    ]
    columns = ["jobs", "measured_jobs", "seconds", "longest_seconds", "cpu_seconds", "peak_memory_bytes"]
    assert costs.loc[("train_tagger", ""), columns].astype(float).tolist() == [2, 2, 120, 70, 60, 100 * 2**20]
    assert costs.loc[("train_ner", "late"), columns].astype(float).tolist() == [2, 2, 300, 200, 30, 2000 * 2**20]
    assert costs.loc[("train_ner", "late"), "label"] == "Gold POS (late, one-hot)"


def test_gpu_hours_are_those_of_jobs_on_a_gpu(work: Path) -> None:
    hours = table(work)["gpu_hours"].astype(float)
    assert hours[("train_ner", "late")] == pytest.approx(200 / 3600)
    assert hours[("sweep_corruption", "late")] == pytest.approx(0.02)
    assert hours.sum() == pytest.approx(272 / 3600)


def test_missing_measurements_are_missing_and_not_zero(work: Path) -> None:
    (work / "benchmarks/ner/baseline/seed-1.tsv").unlink()
    (work / "benchmarks/merge_pos.tsv").unlink()
    costs = table(work)
    assert costs.loc[("train_ner", "baseline"), ["jobs", "measured_jobs"]].tolist() == [2, 1]
    assert float(costs.loc[("train_ner", "baseline"), "seconds"]) == 200
    assert costs.loc[("merge_pos", ""), ["seconds", "peak_memory_bytes"]].tolist() == ["", ""]
    assert costs.loc[("sweep_corruption", "late"), ["cpu_seconds", "peak_memory_bytes"]].tolist() == ["", ""]


def test_a_benchmark_is_read(tmp_path: Path) -> None:
    write_benchmark(tmp_path / "b.tsv", 371.95, 3028.32, 262.68)
    assert read_usage(tmp_path / "b.tsv") == Usage(371.95, 262.68, 3028.32 * 2**20)
    assert read_usage(tmp_path / "none.tsv") is None
    (tmp_path / "b.tsv").write_text("nonsense\n")
    with pytest.raises(InputError, match=r"b\.tsv: not a benchmark"):
        read_usage(tmp_path / "b.tsv")
