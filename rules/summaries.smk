# Stored predictions and sweeps -> summaries, tables, conclusions: seconds each, without a GPU.
#
# They are local rules, which Snakemake runs beside itself. Each states its own log, benchmark, params and command, so a
# base rule (`use rule ... as ... with`, which keeps the command and forgets `localrule`) would save one line of a rule.


rule summarise_corpus:
    """Count sentences, tokens, tags and entities of a corpus."""
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
    params:
        code=code("summarise_corpus"),
    shell:
        "python -m posner summarise_corpus --card {input} --output {output.counts} > {log} 2>&1"


# What reads all runs depends on this file alone: a few dependencies in place of thousands.
rule list_runs:
    """Hash the files of all NER trainings of a corpus and encoder."""
    input:
        [RUN_RECORD.format(**run) for run in runs_of(VARIANTS)],
    output:
        RUNS,
    log:
        f"{LOGS}/list_runs.log",
    benchmark:
        f"{BENCHMARKS}/list_runs.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        files=lambda wildcards: arguments(
            files=[
                f"{{variant}}/seed-{{seed}}/{file}"
                for file in ["predictions.parquet", "metrics.json", "provenance.json"]
            ]
        ),
        code=code("list_runs"),
    shell:
        "python -m posner list_runs {params.variants} {params.files} --output {output} > {log} 2>&1"


use rule list_runs as list_sweeps with:
    """Hash the files of all sweeps of a corpus and encoder."""
    input:
        [f"{SWEEP}.provenance.json".format(**run) for run in runs_of(SWEPT)],
    output:
        SWEEPS,
    log:
        f"{LOGS}/list_sweeps.log",
    benchmark:
        f"{BENCHMARKS}/list_sweeps.tsv"
    localrule: True
    params:
        variants=arguments(variants=SWEPT),
        files=lambda wildcards: arguments(
            files=[f"{{variant}}/seed-{{seed}}.{kind}" for kind in ["parquet", "changes.parquet", "provenance.json"]]
        ),


rule summarise_pos:
    """Tables of the taggers' scores and confusions."""
    input:
        CONFUSION,
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
    params:
        tables=subpath(output.pos_tagging, parent=True),
        code=code("summarise_pos"),
    shell:
        "python -m posner summarise_pos --confusion {input} --tables {params.tables} > {log} 2>&1"


rule summarise_ner:
    """Scores of all NER runs with mean, standard deviation and difference from the baseline."""
    input:
        RUNS,
    output:
        **{table: f"{TABLES}/{table}.csv" for table in ["ner_summary", "ner_runs", "ner_by_type"]},
        **GROUP_METRICS,
        variants=expand(VARIANT_METRICS, variant=VARIANTS, allow_missing=True),
        provenance=f"{TABLES}/ner.provenance.json",
    log:
        f"{LOGS}/summarise_ner.log",
    benchmark:
        f"{BENCHMARKS}/summarise_ner.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        metrics=subpath(output.baseline, parent=True),
        tables=subpath(output.ner_runs, parent=True),
        code=code("summarise_ner"),
    shell:
        "python -m posner summarise_ner {params.variants} --ner {input} --metrics {params.metrics}"
        " --tables {params.tables} > {log} 2>&1"


rule compare_variants:
    """Compare each variant with the baseline: difference, interval, verdict."""
    input:
        corpus=CORPUS_CARD,
        runs=RUNS,
    output:
        comparisons=COMPARISONS,
        table=f"{TABLES}/ner_comparisons.csv",
        scorings=f"{TABLES}/ner_scorings.csv",
        controlled=f"{TABLES}/ner_random_control.csv",
        provenance=f"{TABLES}/ner_comparisons.provenance.json",
    log:
        f"{LOGS}/compare_variants.log",
    benchmark:
        f"{BENCHMARKS}/compare_variants.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        statistics=arguments(statistics=STUDY.statistics),
        code=code("compare_variants"),
    shell:
        "python -m posner compare_variants {params.variants} {params.statistics} --corpus {input.corpus}"
        " --ner {input.runs} --output {output.comparisons} --table {output.table} > {log} 2>&1"


rule score_slices:
    """Scores by type of mention, and their differences from the baseline."""
    input:
        corpus=CORPUS_CARD,
        predicted=PREDICTED_POS,
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
    params:
        variants=arguments(variants=STUDIED),
        statistics=arguments(  # without the margin, which no interval depends on
            **{
                f"statistics.{name}": getattr(STUDY.statistics, name)
                for name in ["level", "resamples", "seed", "stages"]
            }
        ),
        tables=subpath(output.ner_slices, parent=True),
        code=code("score_slices"),
    shell:
        "python -m posner score_slices {params.variants} {params.statistics} --corpus {input.corpus}"
        " --predicted {input.predicted} --ner {input.runs} --tables {params.tables} > {log} 2>&1"


rule measure_ceiling:
    """The share of the baseline's errors that a rule on POS alone corrects."""
    input:
        corpus=CORPUS_CARD,
        predicted=PREDICTED_POS,
        runs=[RUN_RECORD.format(**run) for run in runs_of([STUDY.baseline])],
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
    params:
        runs=arguments(baseline=STUDY.baseline, seeds=STUDY.seeds(STUDY.baseline)),
        ner=subpath(input[2], ancestor=3),  # of the first run
        code=code("measure_ceiling"),
    shell:
        "python -m posner measure_ceiling {params.runs} --corpus {input.corpus} --predicted {input.predicted}"
        " --ner {params.ner} --output {output.ceiling} --table {output.table} > {log} 2>&1"


rule summarise_corruption:
    """The effect of corrupted POS on NER: means, intervals, slopes, and where predictions change."""
    input:
        SWEEPS,
    output:
        **{
            table: f"{TABLES}/{table}.csv"
            for table in ["corruption", "corruption_intervals", "corruption_changes", "slopes", "train_test"]
        },
        fusions=[f"{PROPAGATION}/{fusion}_fusion.json" for fusion in FUSIONS],
        pooled=f"{PROPAGATION}/pooled.json",
        provenance=f"{TABLES}/corruption.provenance.json",
    log:
        f"{LOGS}/summarise_corruption.log",
    benchmark:
        f"{BENCHMARKS}/summarise_corruption.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        statistics=arguments(statistics=STUDY.statistics.estimation),
        output=PROPAGATION,
        tables=subpath(output.corruption, parent=True),
        code=code("summarise_corruption"),
    shell:
        "python -m posner summarise_corruption {params.variants} {params.statistics} --sweeps {input}"
        " --output {params.output} --tables {params.tables} > {log} 2>&1"


rule conclude:
    """Whether POS helps and what tagging errors cost, in words."""
    input:
        **GROUP_METRICS,
        comparisons=COMPARISONS,
        ceiling=CEILING,
        pos=f"{TABLES}/pos_tagging.csv",
        extra=lambda wildcards: EXTRA_COMPARISONS if STUDY.corpora[wildcards.corpus].extra_tests else [],
        corruption=PROPAGATION_FILES,
    output:
        verdict=VERDICT,
        variants=f"{TABLES}/verdict_variants.csv",
        effects=f"{TABLES}/verdict_effects.csv",
        oracles=f"{TABLES}/verdict_oracles.csv",
        provenance=f"{TABLES}/verdict.provenance.json",
    log:
        f"{LOGS}/conclude.log",
    benchmark:
        f"{BENCHMARKS}/conclude.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        metrics=subpath(input.baseline, parent=True),
        corruption=subpath(input[-1], parent=True) if SWEPT else "",
        tables=subpath(output.variants, parent=True),
        code=code("conclude"),
    shell:
        "python -m posner conclude --metrics {params.metrics} --comparisons {input.comparisons}"
        " --ceiling {input.ceiling} --pos {input.pos} --corruption={params.corruption} --extra-tests={input.extra}"
        " --output {output.verdict} --tables {params.tables} > {log} 2>&1"


# Benchmarks are no outputs. Whether they are new is known from the provenance records, of which each training writes one.
rule summarise_cost:
    """Wall time, memory and GPU hours before the analysis, by rule and variant."""
    input:
        taggers=expand(TAGGER_RECORD, tagger=TAGGERS, allow_missing=True),
        runs=RUNS,
        sweeps=SWEEPS if SWEPT else [],
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
    params:
        settings=arguments(variants=VARIANTS, swept=STUDY.swept, taggers=TAGGERS),
        work=subpath(output.table, ancestor=2),
        benchmarks=BENCHMARKS,
        code=code("summarise_cost"),
    shell:
        "python -m posner summarise_cost {params.settings} --work {params.work} --benchmarks {params.benchmarks}"
        " --table {output.table} > {log} 2>&1"
