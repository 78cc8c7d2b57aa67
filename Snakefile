# posner: do part-of-speech tags still help named entity recognition, and do tagging errors reach it?
#
# The front door: check the config, include the stages in the order the data flows, name the targets.

from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config.yaml"


include: "rules/common.smk"
include: "rules/corpus.smk"
include: "rules/pos.smk"
include: "rules/ner.smk"
include: "rules/corruption.smk"
include: "rules/analysis.smk"
include: "rules/extra_tests.smk"
include: "rules/figures.smk"
include: "rules/models.smk"
include: "rules/presentation.smk"
include: "rules/report.smk"


localrules:
    all,
    corpus,
    pos,
    ner,
    comparisons,
    corruption,
    figures,
    models,


rule all:
    """Everything: models with their cards, sweeps, metrics, tables, figures, report."""
    default_target: True
    input:
        REPORT,
        MODELS,


rule corpus:
    """Corpora and encoders, in one checked layout."""
    input:
        CORPORA,
        ENCODERS,


rule pos:
    """Predicted POS and the taggers' confusion matrix."""
    input:
        CONFUSIONS,


rule ner:
    """Every NER variant and seed."""
    input:
        NER_METRICS,


rule comparisons:
    """Every variant against the baseline, and how sure that is."""
    input:
        expand(COMPARISONS, **PAIRS),


rule corruption:
    """Every checkpoint's sweep over corrupted POS."""
    input:
        SWEEPS,


rule figures:
    """Every metric, table and figure, and what is concluded from them."""
    input:
        ANALYSES,


rule models:
    """Every model with its card."""
    input:
        MODELS,
