# What the stages share: the checked study, and how its settings and the code enter a rule.

import shlex
import sys
from functools import cache

sys.path.insert(0, str(SOURCES))

import snakemake_patches
import stale_results
from posner.commands.names import entry_point
from posner.config.base import NAME_PATTERN
from posner.config.encoder_limits import refuse_beyond_limits
from posner.config.files import refuse_misread, refuse_misread_arguments
from posner.config.short_trainings import short_trainings_warning
from posner.config.validation import check, refuse_missing_files
from posner.config.variants import FUSIONS
from posner.errors import InputError
from posner.files import content_hash
from posner.model.fusion.modules import unreachable_modules
from posner.report.contents import CORPUS_TABLES, EXTRA_TEST_TABLES
from posner.report.contents import FIGURES as ALL_FIGURES
from posner.report.contents import TABLES as ALL_TABLES
from posner.report.contents import report_contents
from posner.workflow.options import flags
from posner.workflow.provenance import command_fingerprint
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake_patches import note_parameters

snakemake_patches.apply()
if "--report" in sys.argv:
    snakemake_patches.escape_results()
stale_results.apply()

# Python would split it, and find no posner, or another one.
if os.pathsep in str(SOURCES):
    raise WorkflowError(f"PYTHONPATH cannot hold a path with {os.pathsep!r}; rename the folder of the checkout: {ROOT}")
# Snakemake formats the paths of environments and resources, and has no way to escape braces in them.
if "{" in str(ROOT) or "}" in str(ROOT):
    raise WorkflowError(f"Snakemake takes braces in the path of the checkout for wildcards; rename the folder: {ROOT}")

try:
    refuse_misread(map(Path, workflow.configfiles))
    refuse_misread_arguments(workflow.config_settings.config_args or ())
    STUDY = check(config)
    refuse_missing_files(STUDY)
    refuse_beyond_limits(
        STUDY,
        [
            (encoder, Path(ENCODER.format(corpus=corpus, encoder=encoder)))
            for corpus in STUDY.study.corpora
            for encoder in STUDY.study.encoders
        ],
    )
except InputError as error:
    raise WorkflowError(str(error)) from None

cards = [(corpus, Path(CORPUS_CARD.format(corpus=corpus))) for corpus in STUDY.study.corpora]
if warning := short_trainings_warning(STUDY, cards):
    logger.warning(warning)


# The package is found from any working directory, in local shells and in cluster jobs alike, and nothing in the working
# directory takes the place of a module.
# Jobs have no standard input: nobody can answer the question of a library whether to run code from a model.
shell.prefix(
    "set -euo pipefail; exec < /dev/null; "
    "export PYTHONSAFEPATH=1; "
    f"export PYTHONPATH={shlex.quote(str(SOURCES))}${{{{PYTHONPATH:+:$PYTHONPATH}}}}; "
)


wildcard_constraints:
    corpus=NAME_PATTERN,
    encoder=NAME_PATTERN,
    variant=NAME_PATTERN,
    seed=r"\d+",
    length=r"\d+",
    test=NAME_PATTERN,
    tagger=r"fold-\d+|final",


# What the study is made of.
PAIRS = {"corpus": STUDY.study.corpora, "encoder": STUDY.study.encoders}
TAGGERS = [*(f"fold-{fold}" for fold in range(STUDY.pos.folds)), "final"]
VARIANTS = STUDY.variant_settings()
SWEPT = {name: VARIANTS[name] for name in STUDY.swept}
# Controls test the instrument, so slices and extra tests leave them out.
STUDIED = {name: VARIANTS[name] for name in [STUDY.baseline, *STUDY.swept]}
REPORT_FIGURES = report_contents(ALL_FIGURES, STUDY)
REPORT_TABLES = report_contents(ALL_TABLES, STUDY)
# Jobs that may use a GPU request one, unless the study is restricted to the CPU.
GPUS = 0 if STUDY.compute.device == "cpu" else 1

# Without variants that read POS nothing is swept, and tagging errors have no effect.
PROPAGATION_FILES = [f"{PROPAGATION}/{name}.json" for name in [*(f"{f}_fusion" for f in FUSIONS), "pooled"] if SWEPT]


def arguments(**settings):
    """The settings as quoted flags: everything that a command line contains of the config.

    Each group of settings is a param of its own: when one changes, Snakemake's reason shows the old and the new value.
    """
    return shlex.join(flags(**settings))


@cache
def code(command, *unreachable):
    """Hash of the code that the command can reach, without modules that the job's settings keep it from."""
    return f"code of {command}: {command_fingerprint(entry_point(command), unreachable)}"


def code_without_fusion(command):
    """Hash of a command's code, where no model reads POS."""
    return code(command, *unreachable_modules("none"))


def code_of_variant(command):
    """Hash of a command's code for a variant, as an input function: without the other fusions."""
    return note_parameters(
        lambda wildcards: code(command, *unreachable_modules(STUDY.variants[wildcards.variant].fusion))
    )


def local_files(source):
    """The local files of a corpus, a test or an encoder as inputs: their content counts, not their dates.

    Snakemake would take braces and angle brackets in a path for variables, so such files are no inputs.
    :func:`content_of` reads them.
    """
    return ancient([path for path in source.files if not {"{", "<"} & set(path)])


def content_of(files):
    """Hash of files from outside the results: their content counts, not their dates. Such inputs are ``ancient``."""
    return hash_files(tuple(map(Path, files)))


@cache
def hash_files(paths):
    """As :func:`content_of`; once for all jobs, since an encoder may be large."""
    return f"content of files: {content_hash(paths)}"


def text_file(wildcards):
    """The text to predict: columns if there are any, else raw text."""
    columns = Path(TEXTS).glob(f"{wildcards.text}.[cC][oO][nN][lL][lL]*")
    return str(min(columns, default=f"{TEXTS}/{wildcards.text}.txt"))


@cache
def variant_flags(name):
    """The variant's settings without its seeds: of these, a job has one."""
    return arguments(variant=STUDY.variants[name].model_copy(update={"seeds": None}))


@note_parameters
def variant_arguments(wildcards):
    """The settings of the job's variant."""
    return variant_flags(wildcards.variant)


def growing(amount):
    """Memory or time of a job: `amount` at first, and as much more at each further attempt."""
    return note_parameters(lambda wildcards, attempt: amount * attempt)


def runs_of(variants):
    """The wildcards of all runs of the variants, for each corpus and encoder."""
    return [
        {"corpus": "{corpus}", "encoder": "{encoder}", "variant": name, "seed": seed}
        for name in variants
        for seed in STUDY.seeds(name)
    ]


def pieces_of(stage, path=PIECES_CARD):
    """The card of the word pieces that a stage of training reads, of inputs as long as its own."""
    return expand(path, length=stage.training.max_length, allow_missing=True)


def if_predicted(path):
    """The path as an input function, for variants that read predicted POS; for others nothing."""
    return note_parameters(lambda wildcards: [path] if STUDY.variants[wildcards.variant].pos == "predicted" else [])


def with_test(wildcards):
    """Settings of the corpus with the extra test in place of its own test set."""
    return STUDY.corpora[wildcards.corpus].with_test(wildcards.test)


def typesetting_record(tables, folder):
    """The provenance record of typeset tables, which has the name of the first one."""
    return f"{folder}/{next(iter(tables))}.typeset.provenance.json"


def table_pages(tables, folder, **labels):
    """The tables in a folder as HTML files, each with its place in the report."""
    return {
        name: report(
            f"{folder}/{name}.html",
            caption=f"{CAPTIONS}/{table.caption}.rst",
            category=table.category,
            labels={"result": f"Table: {table.title}"} | labels,
        )
        for name, table in tables.items()
    }
