# What the stages share: the checked study, paths, wildcards, and how settings and code enter a rule.

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))

from snakemake.exceptions import WorkflowError
from workflow_scripts.posner.cli import flags
from workflow_scripts.posner.config import NAME_PATTERN, check
from workflow_scripts.posner.errors import InputError
from workflow_scripts.posner.fingerprint import fingerprint

try:
    STUDY = check(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

# Entry scripts are found from any working directory, in local shells and in cluster jobs alike.
shell.prefix(f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(ROOT))}; ")

ENVIRONMENT = "../envs/posner.yaml"
CORPUS = "results/{corpus}/corpus"
WORK = "results/{corpus}/{encoder}"
LOGS = f"{WORK}/logs"
BENCHMARKS = f"{WORK}/benchmarks"


wildcard_constraints:
    corpus=NAME_PATTERN,
    encoder=NAME_PATTERN,
    variant=NAME_PATTERN,
    seed=r"\d+",
    tagger=r"fold-\d+|final",


def arguments(**settings):
    """The settings as quoted flags: all that a command line says of the config."""
    return shlex.join(flags(**settings))


def code(script, *unreachable):
    """Fingerprint of what the entry script can reach, without library modules that the job's settings keep it from."""
    return fingerprint(
        f"workflow_scripts.{script}", ROOT, unreachable=[f"workflow_scripts.posner.{name}" for name in unreachable]
    )


FUSIONS = {"none": [], "late": ["late_fusion"], "encoder": ["encoder_fusion"]}


def code_of_variant(script):
    """Fingerprint of a script for a variant: the other fusions' code cannot be reached."""

    def of(wildcards):
        used = FUSIONS[STUDY.variants[wildcards.variant].fusion]
        return code(script, *(name for names in FUSIONS.values() for name in names if name not in used))

    return of


CORPORA = expand(f"{CORPUS}/corpus.json", corpus=STUDY.study.corpora)
PAIRS = {"corpus": STUDY.study.corpora, "encoder": STUDY.study.encoders}
ENCODERS = expand(f"{WORK}/encoder/config.json", **PAIRS)
CONFUSIONS = expand(f"{WORK}/pos/confusion_matrix.json", **PAIRS)
CHECKPOINTS = [
    {"corpus": c, "encoder": e, "variant": v, "seed": s} for c, e, v, s in STUDY.checkpoints()
]
NER_METRICS = [f"{WORK}/ner/{{variant}}/seed-{{seed}}/metrics.json".format(**c) for c in CHECKPOINTS]
SWEEPS = [
    f"{WORK}/corruption/{{variant}}/seed-{{seed}}.parquet".format(**c)
    for c in CHECKPOINTS
    if c["variant"] != STUDY.baseline
]
