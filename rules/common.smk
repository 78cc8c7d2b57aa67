# What the stages share: the checked study, paths, wildcards, and how settings and code enter a rule.

import gc
import inspect
import os
import shlex
import sys
from functools import cache
from pathlib import Path

# A graph of thousands of jobs is millions of objects that stay to the end; the garbage collector would search them again
# and again, a quarter of the time that a large study is planned in.
gc.set_threshold(100_000, 20, 100)

ROOT = Path(workflow.basedir)
SOURCES = ROOT / "workflow_scripts"
sys.path.insert(0, str(SOURCES))

from snakemake.common import overwrite_function_params
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.resources import Resource
from posner.commands.names import entry_point
from posner.files import content_hash
from posner.workflow.options import flags
from posner.config.validation import check, refuse_missing_files
from posner.config.depths import refuse_deep_variants
from posner.errors import InputError
from posner.workflow.fingerprint import fingerprint
from posner.workflow.provenance import command_fingerprint
from posner.config.base import NAME_PATTERN
from posner.workflow.slurm import cancel_leftovers, comment, pass_on_sigterm


def inspected(function):
    """The function with a note of its parameters, which Snakemake would look up again several times a job."""
    overwrite_function_params(function, inspect.signature(function).parameters)
    return function


# What evaluates each resource of each job: a tenth of the time that a large study is planned in.
inspected(Resource.evaluate)

try:
    STUDY = check(config)
    refuse_missing_files(STUDY)
    refuse_deep_variants(
        STUDY,
        [
            (encoder, Path(f"results/{corpus}/{encoder}/encoder"))
            for corpus in STUDY.study.corpora
            for encoder in STUDY.study.encoders
        ],
    )
except InputError as error:
    raise WorkflowError(str(error)) from None

# Entry scripts are found from any working directory, in local shells and in cluster jobs alike. They take the shell's
# place: a shell between Snakemake and them would die of a signal at once, and what it waits for would be killed with it
# or left behind.
shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(SOURCES))}${{{{PYTHONPATH:+:$PYTHONPATH}}}}; exec "
)

# SLURM tells only the process that it has started itself of a time limit, a preemption or a cancellation: this
# Snakemake, which waits for its job and does not tell it. Trainings save their state when they are told.
if workflow.remote_exec and "SLURM_STEP_ID" in os.environ:
    pass_on_sigterm()


# What a killed Snakemake left in the queue saves its state and ends before the same jobs are submitted again.
onstart:
    planned = {comment(job.rule.name, job.wildcards) for job in workflow.dag.needrun_jobs()}
    if left := cancel_leftovers(planned, Path.cwd()):
        logger.info(f"Cancelled SLURM jobs that a killed Snakemake had left: {', '.join(left)}")


ENVIRONMENT = "../envs/posner.yaml"
SPLITS = ["train", "validation", "test"]
CORPUS = "results/{corpus}/corpus"
WORK = "results/{corpus}/{encoder}"
# Not below WORK: Snakemake would compare every file that it looks for with these, too.
LOGS = "results/logs/{corpus}/{encoder}"
BENCHMARKS = "results/benchmarks/{corpus}/{encoder}"
CORPUS_LOGS = "results/logs/{corpus}/corpus"
CORPUS_BENCHMARKS = "results/benchmarks/{corpus}/corpus"
# Few files a job keep large graphs fast. A card holds the hashes of the files beside it, so that jobs depend on the card
# alone; of a model's folder, which is written as a whole, the weights are named. directory() would be one name, too, but
# Snakemake keeps checksums of files only, and a copy with other dates would rerun what depends on it.
CORPUS_CARD = f"{CORPUS}/corpus.json"
ENCODER_CARD = f"{WORK}/encoder/encoder.json"
TAGGER = f"{WORK}/pos/{{tagger}}"
RUN = f"{WORK}/ner/{{variant}}/seed-{{seed}}"
# Jobs that may use a GPU ask for one, unless the study says CPU.
GPUS = 0 if STUDY.compute.device == "cpu" else 1


wildcard_constraints:
    corpus=NAME_PATTERN,
    encoder=NAME_PATTERN,
    variant=NAME_PATTERN,
    seed=r"\d+",
    test=NAME_PATTERN,
    tagger=r"fold-\d+|final",


def arguments(**settings):
    """The settings as quoted flags: all that a command line says of the config.

    A param for each group of settings: when one changes, Snakemake's reason shows that param, as it was and as it is.
    """
    return shlex.join(flags(**settings))


@cache
def code(command, *unreachable):
    """Fingerprint of what the entry script can reach, without library modules that the job's settings keep it from."""
    return f"code of {command}: {command_fingerprint(entry_point(command), unreachable)}"


FUSIONS = "posner.model.fusion"
FUSION_CODE = {f"{FUSIONS}.{name}" for name in ["projected", "late", "encoder"]}
REACHED = {
    "none": set(),
    "late": {f"{FUSIONS}.projected", f"{FUSIONS}.late"},
    "encoder": {f"{FUSIONS}.projected", f"{FUSIONS}.encoder"},
}


def code_of_variant(script):
    """Fingerprint of a script for a variant: the code of the other fusions cannot be reached."""

    @inspected
    def of(wildcards):
        return code(script, *sorted(FUSION_CODE - REACHED[STUDY.variants[wildcards.variant].fusion]))

    return of


def content_of(kind):
    """Hash of the local files that a corpus or an encoder is made from: what they hold decides, not their dates."""

    def of(wildcards):
        return content_of_files(getattr(STUDY, kind)[wildcards[{"corpora": "corpus", "encoders": "encoder"}[kind]]])

    return of


def content_of_files(source):
    """Hash of the local files that something is made from."""
    return f"content of files: {content_hash([Path(path) for path in source.files])}"


# How a variant gives POS to NER; which seeds it has concerns no single one of them.
VARIANT_ARGUMENTS = {
    name: arguments(variant=STUDY.variants[name].model_copy(update={"seeds": None})) for name in STUDY.study.variants
}


@inspected
def variant_arguments(wildcards):
    """How the variant gives POS to NER."""
    return VARIANT_ARGUMENTS[wildcards.variant]


def growing(amount):
    """Memory or time that a job asks for: `amount` at first, and as much more at each further attempt."""
    return inspected(lambda wildcards, attempt: amount * attempt)


def predicted_for(features):
    """predicted.parquet for the variants that need it, as an input function; `features` chooses them."""

    @inspected
    def of(wildcards):
        return [f"{WORK}/pos/predicted.parquet"] if features(STUDY.variants[wildcards.variant]) else []

    return of


# Controls show that the instrument works; slices and extra tests are asked of the others.
STUDIED = [STUDY.baseline, *STUDY.swept]
EXTRA_RUN = f"{WORK}/extra_tests/{{test}}/{{variant}}/seed-{{seed}}"


def with_test(wildcards):
    """The corpus with an extra test in the place of its own."""
    return STUDY.corpora[wildcards.corpus].with_test(wildcards.test)


def predictions_of_extra_tests(wildcards):
    """Predictions of every extra test of the corpus, by every run."""
    return [
        f"{EXTRA_RUN.format(**wildcards, test=test, variant=name, seed=seed)}/predictions.parquet"
        for test in STUDY.corpora[wildcards.corpus].extra_tests
        for name in STUDIED
        for seed in STUDY.seeds(name)
    ]


CORPORA = expand(CORPUS_CARD, corpus=STUDY.study.corpora)
PAIRS = {"corpus": STUDY.study.corpora, "encoder": STUDY.study.encoders}
ENCODERS = expand(ENCODER_CARD, **PAIRS)
CONFUSIONS = expand(f"{WORK}/pos/confusion_matrix.json", **PAIRS)
CHECKPOINTS = [{"corpus": c, "encoder": e, "variant": v, "seed": s} for c, e, v, s in STUDY.checkpoints()]
NER_METRICS = [f"{RUN}/metrics.json".format(**c) for c in CHECKPOINTS]
SWEEPS = [
    f"{WORK}/corruption/{{variant}}/seed-{{seed}}.parquet".format(**c)
    for c in CHECKPOINTS
    if c["variant"] in STUDY.swept
]
