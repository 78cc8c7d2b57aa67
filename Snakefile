# posner: do part-of-speech tags still help named entity recognition, and do tagging errors reach it?
#
# The entry point: load the config, include the stages in the order in which the data flow, and name the targets.

from snakemake.utils import min_version

min_version("9.27")  # the version that is tested


configfile: f"{workflow.basedir}/config.yaml"


include: "rules/paths.smk"
include: "rules/common.smk"
include: "rules/container.smk"
include: "rules/slurm.smk"
include: "rules/corpus.smk"
include: "rules/pos.smk"
include: "rules/ner.smk"
include: "rules/corruption.smk"
include: "rules/extra_tests.smk"
include: "rules/summaries.smk"
include: "rules/figures.smk"
include: "rules/models.smk"
include: "rules/presentation.smk"
include: "rules/report.smk"


rule all:
    """Everything: models with their cards, sweeps, metrics, tables, figures, report."""
    default_target: True
    input:
        REPORT,
        expand(MODELS, **PAIRS),


rule corpus:
    """Corpora and encoders, in one checked layout."""
    input:
        expand(CORPUS_CARD, corpus=STUDY.study.corpora),
        expand(ENCODER_CARD, **PAIRS),


rule pos:
    """Predicted POS and the confusion matrix of the taggers."""
    input:
        expand(CONFUSION, **PAIRS),


rule ner:
    """The NER models of all variants and seeds."""
    input:
        [RUN_RECORD.format(**checkpoint) for checkpoint in STUDY.checkpoints()],


rule comparisons:
    """Each variant against the baseline, with intervals and tests."""
    input:
        expand(COMPARISONS, **PAIRS),


rule corruption:
    """The sweep of each checkpoint over corrupted POS."""
    input:
        [
            f"{SWEEP}.parquet".format(**checkpoint)
            for checkpoint in STUDY.checkpoints()
            if checkpoint["variant"] in SWEPT
        ],


rule figures:
    """All metrics, tables and figures, and the conclusions from them."""
    input:
        ANALYSES,


rule models:
    """All models with their cards."""
    input:
        expand(MODELS, **PAIRS),
