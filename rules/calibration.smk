# The calibration, a workflow of its own: how often verdicts and intervals are right on corpora with known true effects.
#
#   snakemake --snakefile rules/calibration.smk --directory results/calibration
#
# It runs the study of resources/studies/calibration.yaml on the corpora of the plan in resources/calibration.yaml. The
# working directory keeps hundreds of corpora apart from those of other studies.

import sys

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.27")


include: "paths.smk"


configfile: f"{ROOT}/config.yaml"
configfile: f"{ROOT}/resources/studies/calibration.yaml"
configfile: f"{ROOT}/resources/calibration.yaml"


sys.path.insert(0, str(SOURCES))

from posner.calibration.plan import planned_study, read_plan
from posner.errors import InputError

try:
    PLAN, TEMPLATE, SIMULATION = read_plan(config)
    STUDY_CONFIG = planned_study(config)
except InputError as error:
    raise WorkflowError(str(error)) from None


# Also here, because Snakemake ignores the onstart of a module, and applies its image to the rules of the module only.
include: "slurm.smk"
include: "container.smk"


module study:
    snakefile:
        "../Snakefile"
    config:
        STUDY_CONFIG


use rule * from study as study_*


ENCODER_NAME = STUDY_CONFIG["study"]["encoders"][0]
REPLICATES = {"corpus": STUDY_CONFIG["study"]["corpora"], "encoder": [ENCODER_NAME]}
CALIBRATION = "results/calibration.json"


rule all:
    """Reliability of verdicts and intervals, with figures."""
    default_target: True
    input:
        CALIBRATION,
        "results/replicates.csv",
        "results/sizes.csv",
        "results/power.png",
        "results/coverage.png",
        "results/simulation.png",


rule plan_calibration:
    """Record the corpora of the calibration."""
    output:
        "results/plan.json",
    log:
        f"{STUDY_LOGS}/plan_calibration.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/plan_calibration.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        plan=study.arguments(plan=PLAN),
        corpus=study.arguments(corpus=TEMPLATE.alone()),
        code=study.code("plan_calibration"),
    shell:
        "python -m posner plan_calibration {params.plan} {params.corpus} --output {output} > {log} 2>&1"


rule summarise_calibration:
    """How often verdicts and intervals are right, and each replicate's differences."""
    input:
        plan="results/plan.json",
        corpora=expand(CORPUS_CARD, **REPLICATES),
        predicted=expand(PREDICTED_POS, **REPLICATES),
        comparisons=expand(COMPARISONS, **REPLICATES),
        runs=expand(RUNS, **REPLICATES),
    output:
        calibration=CALIBRATION,
        replicates="results/replicates.csv",
        sizes="results/sizes.csv",
        provenance="results/calibration.provenance.json",
    log:
        f"{STUDY_LOGS}/summarise_calibration.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/summarise_calibration.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        encoder=study.arguments(encoder=ENCODER_NAME),
        results=subpath(output.calibration, parent=True),
        code=study.code("summarise_calibration"),
    shell:
        "python -m posner summarise_calibration --plan {input.plan} {params.encoder} --output {params.results}"
        " > {log} 2>&1"


rule plot_power:
    """How often an effect is detected, beside the computed power."""
    input:
        sizes="results/sizes.csv",
        calibration=CALIBRATION,
        style=ancient(STYLE),
    output:
        "results/power.png",
    log:
        f"{STUDY_LOGS}/plot_power.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/plot_power.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=study.content_of([STYLE]),
        code=study.code("plot_power"),
    shell:
        "python -m posner plot_power --sizes {input.sizes} --calibration {input.calibration} --style {input.style:q}"
        " --output {output} > {log} 2>&1"


rule plot_coverage:
    """The interval of each replicate around the true difference."""
    input:
        replicates="results/replicates.csv",
        style=ancient(STYLE),
    output:
        "results/coverage.png",
    log:
        f"{STUDY_LOGS}/plot_coverage.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/plot_coverage.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=study.content_of([STYLE]),
        code=study.code("plot_coverage"),
    shell:
        "python -m posner plot_coverage --replicates {input.replicates} --style {input.style:q} --output {output}"
        " > {log} 2>&1"


rule simulate_studies:
    """How often verdicts and intervals of simulated studies are right, for many designs."""
    output:
        simulation="results/simulation.json",
        table="results/simulation.csv",
        provenance="results/simulation.provenance.json",
    log:
        f"{STUDY_LOGS}/simulate_studies.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/simulate_studies.tsv"
    conda:
        ENVIRONMENT
    params:
        plan=study.arguments(plan=SIMULATION),
        statistics=study.arguments(statistics=study.STUDY.statistics.estimation),
        code=study.code("simulate_studies"),
    shell:
        "python -m posner simulate_studies {params.plan} {params.statistics} --output {output.simulation}"
        " --table {output.table} > {log} 2>&1"


rule plot_simulation:
    """Error rates, coverage and power of the simulated studies, by seeds and documents."""
    input:
        rates="results/simulation.csv",
        style=ancient(STYLE),
    output:
        "results/simulation.png",
    log:
        f"{STUDY_LOGS}/plot_simulation.log",
    benchmark:
        f"{STUDY_BENCHMARKS}/plot_simulation.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        content=study.content_of([STYLE]),
        code=study.code("plot_simulation"),
    shell:
        "python -m posner plot_simulation --rates {input.rates} --style {input.style:q} --output {output}"
        " > {log} 2>&1"
