# Stored predictions and sweeps -> summaries, tables, conclusions: seconds each, and no graphics card.

import os

METRICS = f"{WORK}/metrics"
TABLES = f"{WORK}/tables"
COUNTS = f"{CORPUS}/counts.csv"
COMPARISONS = f"{METRICS}/ner_comparisons.json"
CEILING = f"{METRICS}/ner_ceiling.json"
VERDICT = f"{WORK}/verdict.json"
CAPTIONS = "../resources/captions"
# From the working directory, so that a checkout that was moved reruns nothing.
RESOURCES = Path(os.path.relpath(ROOT), "resources")

# What summaries are told of the variants: how each is made, and its seeds.
VARIANTS = {
    name: STUDY.variants[name].model_dump(mode="json", exclude_defaults=True) | {"seeds": STUDY.seeds(name)}
    for name in STUDY.study.variants
}
if taken := [name for name in VARIANTS if name.startswith("ner_")]:
    raise WorkflowError(f"config: variants.{taken[0]}: names that begin with ner_ are taken by files of all variants")

# What a training and a sweep make: of each, the rest comes with the first.
RUN_FILES = [
    f"{{variant}}/seed-{{seed}}/{file}" for file in ["predictions.parquet", "metrics.json", "model/provenance.json"]
]
SWEEP_FILES = [f"{{variant}}/seed-{{seed}}.{kind}" for kind in ["parquet", "changes.parquet", "provenance.json"]]
RUNS = f"{WORK}/ner/runs.csv"
SWEPT = f"{WORK}/corruption/runs.csv"
PROPAGATION = [f"{WORK}/pos_corruption/{fusion}_fusion.json" for fusion in ["early", "late"]] if STUDY.swept else []
# Of each table of sweeps: category and title in the report, and its caption.
SWEEP_TABLES = {
    "corruption": ("Error propagation", "Scores by mode and level", "corruption_tables"),
    "corruption_intervals": ("Error propagation", "Changes of F1 with intervals", "corruption_intervals"),
    "corruption_changes": ("Error propagation", "Where entities change", "corruption_changes"),
    "slopes": ("Error propagation", "Slopes, and errors that gather", "slopes"),
    "train_test": ("Error propagation", "POS in training and in test", "train_test"),
}


rule summarise_corpus:
    """Count what the corpus holds."""
    input:
        CORPUS_CARD,
    output:
        counts=COUNTS,
        provenance=f"{CORPUS}/counts.provenance.json",
    log:
        f"{CORPUS_LOGS}/summarise_corpus.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/summarise_corpus.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("summarise_corpus"),
    shell:
        "python -m posner summarise_corpus --card {input} --output {output.counts} > {log} 2>&1"


# Whatever reads all runs depends on this file alone: a few dependencies, where there would be thousands.
rule list_runs:
    """Hash what all trainings of a corpus and encoder have made."""
    input:
        [f"{WORK}/ner/{name}/seed-{seed}/predictions.parquet" for name in VARIANTS for seed in STUDY.seeds(name)],
    output:
        RUNS,
    log:
        f"{LOGS}/list_runs.log",
    benchmark:
        f"{BENCHMARKS}/list_runs.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: arguments(variants=VARIANTS, files=RUN_FILES),
        code=code("list_runs"),
    shell:
        "python -m posner list_runs {params.settings} --output {output} > {log} 2>&1"


# Of a rule that is made of another, Snakemake does not know that it is local.
localrules:
    list_sweeps,


use rule list_runs as list_sweeps with:
    input:
        [f"{WORK}/corruption/{name}/seed-{seed}.parquet" for name in STUDY.swept for seed in STUDY.seeds(name)],
    output:
        SWEPT,
    log:
        f"{LOGS}/list_sweeps.log",
    benchmark:
        f"{BENCHMARKS}/list_sweeps.tsv"
    params:
        settings=lambda wildcards: arguments(variants={name: VARIANTS[name] for name in STUDY.swept}, files=SWEEP_FILES),
        code=code("list_runs"),


rule summarise_pos:
    """Tables of how well POS was tagged."""
    input:
        f"{WORK}/pos/confusion_matrix.json",
    output:
        **{table: f"{TABLES}/{table}.csv" for table in ["pos_tagging", "pos_by_tag", "pos_confusions"]},
        provenance=f"{TABLES}/pos.provenance.json",
    log:
        f"{LOGS}/summarise_pos.log",
    benchmark:
        f"{BENCHMARKS}/summarise_pos.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        tables=subpath(output.pos_tagging, parent=True),
        code=code("summarise_pos"),
    shell:
        "python -m posner summarise_pos --confusion {input} --tables {params.tables} > {log} 2>&1"


rule summarise_ner:
    """Scores of all NER runs with mean, spread and difference to the baseline."""
    input:
        RUNS,
    output:
        **{table: f"{TABLES}/{table}.csv" for table in ["ner_summary", "ner_runs", "ner_by_type"]},
        baseline=f"{METRICS}/ner_baseline.json",
        gold=f"{METRICS}/ner_gold_pos.json",
        predicted=f"{METRICS}/ner_predicted_pos.json",
        controls=f"{METRICS}/ner_controls.json",
        variants=[f"{METRICS}/{name}.json" for name in VARIANTS],
        provenance=f"{TABLES}/ner.provenance.json",
    log:
        f"{LOGS}/summarise_ner.log",
    benchmark:
        f"{BENCHMARKS}/summarise_ner.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: arguments(variants=VARIANTS),
        metrics=subpath(output.baseline, parent=True),
        tables=subpath(output.ner_runs, parent=True),
        code=code("summarise_ner"),
    shell:
        "python -m posner summarise_ner {params.settings} --ner {input} --metrics {params.metrics}"
        " --tables {params.tables} > {log} 2>&1"


rule compare_variants:
    """How each variant differs from the baseline, and how sure that is."""
    input:
        corpus=CORPUS_CARD,
        runs=RUNS,
    output:
        comparisons=COMPARISONS,
        table=f"{TABLES}/ner_comparisons.csv",
        provenance=f"{TABLES}/ner_comparisons.provenance.json",
    log:
        f"{LOGS}/compare_variants.log",
    benchmark:
        f"{BENCHMARKS}/compare_variants.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        variants=lambda wildcards: arguments(variants=VARIANTS),
        statistics=arguments(statistics=STUDY.statistics),
        code=code("compare_variants"),
    shell:
        "python -m posner compare_variants {params.variants} {params.statistics} --corpus {input.corpus}"
        " --ner {input.runs} --output {output.comparisons} --table {output.table} > {log} 2>&1"


rule score_slices:
    """Scores by kind of mention, and how they differ from the baseline's."""
    input:
        corpus=CORPUS_CARD,
        predicted=f"{WORK}/pos/predicted.parquet",
        runs=RUNS,
    output:
        **{table: f"{TABLES}/{table}.csv" for table in ["ner_slices", "ner_slices_summary"]},
        provenance=f"{TABLES}/ner_slices.provenance.json",
    log:
        f"{LOGS}/score_slices.log",
    benchmark:
        f"{BENCHMARKS}/score_slices.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        variants=lambda wildcards: arguments(variants={name: VARIANTS[name] for name in STUDIED}),
        statistics=arguments(  # the margin concerns no interval
            **{f"statistics.{name}": getattr(STUDY.statistics, name) for name in ["level", "resamples", "seed"]}
        ),
        tables=subpath(output.ner_slices, parent=True),
        code=code("score_slices"),
    shell:
        "python -m posner score_slices {params.variants} {params.statistics} --corpus {input.corpus}"
        " --predicted {input.predicted} --ner {input.runs} --tables {params.tables} > {log} 2>&1"


rule measure_ceiling:
    """How many of the baseline's errors a rule on POS alone could mend."""
    input:
        corpus=CORPUS_CARD,
        predicted=f"{WORK}/pos/predicted.parquet",
        runs=[f"{WORK}/ner/{STUDY.baseline}/seed-{seed}/predictions.parquet" for seed in STUDY.seeds(STUDY.baseline)],
    output:
        ceiling=CEILING,
        table=f"{TABLES}/pos_ceiling.csv",
        provenance=f"{TABLES}/pos_ceiling.provenance.json",
    log:
        f"{LOGS}/measure_ceiling.log",
    benchmark:
        f"{BENCHMARKS}/measure_ceiling.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        runs=lambda wildcards: arguments(baseline=STUDY.baseline, seeds=STUDY.seeds(STUDY.baseline)),
        ner=subpath(input[2], ancestor=3),  # of the first run
        code=code("measure_ceiling"),
    shell:
        "python -m posner measure_ceiling {params.runs} --corpus {input.corpus} --predicted {input.predicted}"
        " --ner {params.ner} --output {output.ceiling} --table {output.table} > {log} 2>&1"


rule summarise_corruption:
    """What corrupted POS does to NER: means, intervals, slopes, and where it happens."""
    input:
        SWEPT,
    output:
        **{table: f"{TABLES}/{table}.csv" for table in SWEEP_TABLES},
        early=f"{WORK}/pos_corruption/early_fusion.json",
        late=f"{WORK}/pos_corruption/late_fusion.json",
        provenance=f"{TABLES}/corruption.provenance.json",
    log:
        f"{LOGS}/summarise_corruption.log",
    benchmark:
        f"{BENCHMARKS}/summarise_corruption.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        variants=lambda wildcards: arguments(variants=VARIANTS),
        statistics=arguments(statistics=STUDY.statistics),
        output=subpath(output.early, parent=True),
        tables=subpath(output.corruption, parent=True),
        code=code("summarise_corruption"),
    shell:
        "python -m posner summarise_corruption {params.variants} {params.statistics} --sweeps {input}"
        " --output {params.output} --tables {params.tables} > {log} 2>&1"


rule conclude:
    """Whether POS helped, and what tagging errors did, in words."""
    input:
        baseline=f"{METRICS}/ner_baseline.json",
        gold=f"{METRICS}/ner_gold_pos.json",
        predicted=f"{METRICS}/ner_predicted_pos.json",
        controls=f"{METRICS}/ner_controls.json",
        comparisons=COMPARISONS,
        ceiling=CEILING,
        pos=f"{TABLES}/pos_tagging.csv",
        corruption=PROPAGATION,
    output:
        verdict=VERDICT,
        variants=f"{TABLES}/verdict_variants.csv",
        oracles=f"{TABLES}/verdict_oracles.csv",
        provenance=f"{TABLES}/verdict.provenance.json",
    log:
        f"{LOGS}/conclude.log",
    benchmark:
        f"{BENCHMARKS}/conclude.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        metrics=subpath(input.baseline, parent=True),
        corruption=lambda wildcards, input: (
            f"--corruption {os.path.dirname(input.corruption[0])}" if input.corruption else ""
        ),
        tables=subpath(output.variants, parent=True),
        code=code("conclude"),
    shell:
        "python -m posner conclude --metrics {params.metrics} --comparisons {input.comparisons}"
        " --ceiling {input.ceiling} --pos {input.pos} {params.corruption} --output {output.verdict} --tables {params.tables} > {log} 2>&1"


# Benchmarks are no outputs: what is new is told by the records beside the models, of which each training makes a new one.
rule summarise_cost:
    """Wall time, memory and GPU hours of what comes before the analysis, by rule and variant."""
    input:
        taggers=expand(f"{TAGGER}/model/model.safetensors", tagger=TAGGERS, allow_missing=True),
        runs=RUNS,
        sweeps=SWEPT if STUDY.swept else [],
    output:
        table=f"{TABLES}/cost.csv",
        provenance=f"{TABLES}/cost.provenance.json",
    log:
        f"{LOGS}/summarise_cost.log",
    benchmark:
        f"{BENCHMARKS}/summarise_cost.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: arguments(variants=VARIANTS, swept=STUDY.swept, taggers=TAGGERS),
        work=subpath(output.table, ancestor=2),
        benchmarks=BENCHMARKS,
        code=code("summarise_cost"),
    shell:
        "python -m posner summarise_cost {params.settings} --work {params.work} --benchmarks {params.benchmarks} --table {output.table}"
        " > {log} 2>&1"
