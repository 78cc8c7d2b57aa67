# Every path that a rule reads or writes. Relative ones start at the working directory.
#
# A job has few files, which keeps large graphs fast: rules depend on the card of a corpus or encoder and on the provenance
# record of a training, which hold the hashes of all files beside them. directory() would be one name, too, but Snakemake
# keeps checksums of files only, and a copy with other dates would rerun what depends on it.

import os
from pathlib import Path

ROOT = Path(workflow.snakefile).parents[1]
SOURCES = ROOT / "workflow_scripts"
RESOURCES = Path(os.path.relpath(ROOT), "resources")  # relative: a checkout that was moved reruns nothing
STYLE = RESOURCES / "styles/posner.mplstyle"
CARD_TEMPLATES = RESOURCES / "cards"
ENVIRONMENT = "../envs/posner.yaml"  # from the file of the rule, as captions
CAPTIONS = "../resources/captions"
TEXTS = "data/texts"

# Of each corpus.
CORPUS = "results/{corpus}/corpus"
CORPUS_CARD = f"{CORPUS}/corpus.json"
TRAIN = f"{CORPUS}/train.parquet"
FOLDS = f"{CORPUS}/folds.json"
COUNTS = f"{CORPUS}/counts.csv"
EXTRA_TEST = f"{CORPUS}/extra/{{test}}.json"

# Of each corpus and encoder.
WORK = "results/{corpus}/{encoder}"
ENCODER = f"{WORK}/encoder"
ENCODER_CARD = f"{ENCODER}/encoder.json"
PIECES = f"{WORK}/pieces/{{length}}"  # of inputs with at most as many word pieces
PIECES_CARD = f"{PIECES}/pieces.json"
EXTRA_PIECES = f"{PIECES}/extra/{{test}}.json"

POS = f"{WORK}/pos"
TAGGER = f"{POS}/{{tagger}}"
TAGGER_RECORD = f"{TAGGER}/provenance.json"
FINAL_TAGGER = f"{POS}/final/provenance.json"
PREDICTED_POS = f"{POS}/predicted.parquet"
CONFUSION = f"{POS}/confusion_matrix.json"
EXTRA_TAGGED = f"{POS}/extra/{{test}}.parquet"

RUN = f"{WORK}/ner/{{variant}}/seed-{{seed}}"
RUN_RECORD = f"{RUN}/provenance.json"
RUNS = f"{WORK}/ner/runs.csv"  # hashes of all runs
MODELS = f"{WORK}/ner/models.csv"
EXTRA_RUN = f"{WORK}/extra_tests/{{test}}/{{variant}}/seed-{{seed}}"
RESUME = f"{WORK}/resume"
PREDICTION = f"{WORK}/predictions/{{variant}}/seed-{{seed}}/{{text}}.{{format}}"

SWEEP = f"{WORK}/corruption/{{variant}}/seed-{{seed}}"
SWEEPS = f"{WORK}/corruption/runs.csv"  # hashes of all sweeps

METRICS = f"{WORK}/metrics"
COMPARISONS = f"{METRICS}/ner_comparisons.json"
CEILING = f"{METRICS}/ner_ceiling.json"
EXTRA_COMPARISONS = f"{METRICS}/ner_extra_tests.json"
GROUP_METRICS = {
    "baseline": f"{METRICS}/ner_baseline.json",
    "gold": f"{METRICS}/ner_gold_pos.json",
    "predicted": f"{METRICS}/ner_predicted_pos.json",
    "controls": f"{METRICS}/ner_controls.json",
}
VARIANT_METRICS = f"{METRICS}/variants/{{variant}}.json"
PROPAGATION = f"{WORK}/pos_corruption"
TABLES = f"{WORK}/tables"
FIGURES = f"{WORK}/figures"
VERDICT = f"{WORK}/verdict.json"
POSTER = f"{WORK}/poster/poster.pdf"
NOTEBOOK = f"{WORK}/notebook/results_analysis.html"

# Of the study.
SUMMARY = "results/summary.rst"
POWER = "results/power.txt"
POWER_FIGURE = "results/power_by_seeds.png"
USED_CONFIG = "results/config.json"
REPORT = "results/report.html"

# Logs and benchmarks are not results; they are outside results/, so no corpus, encoder or variant can have their name.
LOGS = "logs/{corpus}/{encoder}"
CORPUS_LOGS = "logs/{corpus}/corpus"
STUDY_LOGS = "logs"
BENCHMARKS = "benchmarks/{corpus}/{encoder}"
CORPUS_BENCHMARKS = "benchmarks/{corpus}/corpus"
STUDY_BENCHMARKS = "benchmarks"
