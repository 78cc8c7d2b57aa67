# Stored metrics and sweeps -> summaries, tables, figures, conclusions, report: seconds each, and no graphics card.

import os

METRICS = f"{WORK}/metrics"
TABLES = f"{WORK}/tables"
FIGURES = f"{WORK}/figures"
COUNTS = f"{CORPUS}/counts.csv"
COMPARISONS = f"{METRICS}/ner_comparisons.json"
CEILING = f"{METRICS}/ner_ceiling.json"
VERDICT = f"{WORK}/verdict.json"
SUMMARY = "results/summary.rst"
REPORT = "results/report.html"
CAPTIONS = "../resources/captions"
# From the working directory, so that a checkout that was moved reruns nothing.
RESOURCES = Path(os.path.relpath(ROOT), "resources")
STYLE = RESOURCES / "styles/posner.mplstyle"

# What summaries are told of the variants: how each is made, and its seeds.
VARIANTS = {
    name: STUDY.variants[name].model_dump(mode="json", exclude_defaults=True) | {"seeds": STUDY.seeds(name)}
    for name in STUDY.study.variants
}
if taken := [name for name in VARIANTS if name.startswith("ner_")]:
    raise WorkflowError(f"config: variants.{taken[0]}: names that begin with ner_ are taken by files of all variants")

RUNS = [f"{WORK}/ner/{name}/seed-{seed}" for name in VARIANTS for seed in STUDY.seeds(name)]
SWEPT = [f"{WORK}/corruption/{name}/seed-{seed}.parquet" for name in STUDY.swept for seed in STUDY.seeds(name)]
STUDIED_RUNS = [f"{WORK}/ner/{name}/seed-{seed}" for name in STUDIED for seed in STUDY.seeds(name)]
PROPAGATION = [f"{WORK}/pos_corruption/{fusion}_fusion.json" for fusion in ["early", "late"]] if SWEPT else []

# Of each figure: category and title in the report, and the tables that it is drawn from, by option.
PLOTS = {
    "pos_tagging": ("POS", "Tagging by split and tag", {"tagging": "pos_tagging", "by_tag": "pos_by_tag"}),
    "confusions": ("POS", "Most frequent confusions", {"confusions": "pos_confusions"}),
    "ner_results": ("NER", "F1 of every variant and seed", {"runs": "ner_runs"}),
    "cost": ("Cost", "Where the time went", {"cost": "cost", "runs": "ner_runs"}),
}
if SWEPT:
    PLOTS |= {
        "injection_strategies": ("NER", "Injection strategies", {"runs": "ner_runs", "comparisons": "ner_comparisons"}),
        "corruption": (
            "Error propagation",
            "F1 under corrupted POS",
            {"corruption": "corruption", "runs": "ner_runs", "tagging": "pos_tagging"},
        ),
        "slices": ("NER", "Differences by kind of mention", {"slices": "ner_slices_summary", "runs": "ner_runs"}),
        "scaled_errors": (
            "Error propagation",
            "F1 as the tagger errs more often",
            {"intervals": "corruption_intervals", "runs": "ner_runs"},
        ),
        "pos_controls": (
            "Controls",
            "F1 without what tags say",
            {"intervals": "corruption_intervals", "runs": "ner_runs"},
        ),
    }
if SWEPT and any(STUDY.variants[name].pos == "oracle" for name in VARIANTS):
    PLOTS["oracles"] = ("Controls", "What oracles reach", {"runs": "ner_runs", "ways": "verdict_oracles"})

# Of each table: category and title in the report, and its caption.
SWEEP_TABLES = {
    "corruption": ("Error propagation", "Scores by mode and level", "corruption_tables"),
    "corruption_intervals": ("Error propagation", "Changes of F1 with intervals", "corruption_intervals"),
    "corruption_changes": ("Error propagation", "Where entities change", "corruption_changes"),
    "slopes": ("Error propagation", "Slopes, and errors that gather", "slopes"),
    "train_test": ("Error propagation", "POS in training and in test", "train_test"),
}
EXTRA_TABLES = {
    "extra_tests": ("NER", "Extra tests, scores by run", "extra_tests"),
    "extra_tests_comparisons": ("NER", "Extra tests, differences to the baseline", "extra_tests"),
}
SHOWN_TABLES = {
    "pos_tagging": ("POS", "Scores by split", "pos_tables"),
    "pos_by_tag": ("POS", "Scores by tag", "pos_tables"),
    "pos_confusions": ("POS", "Confusions", "pos_tables"),
    "verdict_variants": ("NER", "Verdicts", "verdict_variants"),
    "ner_summary": ("NER", "Scores by variant", "ner_tables"),
    "ner_runs": ("NER", "Scores by run", "ner_tables"),
    "ner_by_type": ("NER", "Scores by entity type", "ner_tables"),
    "ner_comparisons": ("NER", "Differences to the baseline", "ner_comparisons"),
    "ner_slices": ("NER", "Scores by kind of mention and run", "ner_slices"),
    "ner_slices_summary": ("NER", "Differences by kind of mention", "ner_slices"),
    "pos_ceiling": ("NER", "What rules on POS could mend", "pos_ceiling"),
    "verdict_oracles": ("Controls", "Ways of giving POS", "verdict_oracles"),
    "cost": ("Cost", "By rule and variant", "cost_table"),
    **(SWEEP_TABLES if SWEPT else {}),
}


# The report opens with the answers. Snakemake reads this file when it writes the report.
report: os.path.abspath(SUMMARY)


rule summarise_corpus:
    """Count what the corpus holds."""
    input:
        CORPUS_CARD,
    output:
        counts=COUNTS,
        provenance=f"{CORPUS}/counts.provenance.json",
    log:
        f"{CORPUS}/logs/summarise_corpus.log",
    benchmark:
        f"{CORPUS}/benchmarks/summarise_corpus.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("summarise_corpus"),
    shell:
        "python -m workflow_scripts.summarise_corpus --card {input} --output {output.counts} > {log} 2>&1"


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
        "python -m workflow_scripts.summarise_pos --confusion {input} --tables {params.tables} > {log} 2>&1"


rule summarise_ner:
    """Scores of all NER runs with mean, spread and difference to the baseline."""
    input:
        [f"{run}/metrics.json" for run in RUNS],
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
        ner=subpath(input[0], ancestor=3),
        metrics=subpath(output.baseline, parent=True),
        tables=subpath(output.ner_runs, parent=True),
        code=code("summarise_ner"),
    shell:
        "python -m workflow_scripts.summarise_ner {params.settings} --ner {params.ner} --metrics {params.metrics}"
        " --tables {params.tables} > {log} 2>&1"


rule compare_variants:
    """How each variant differs from the baseline, and how sure that is."""
    input:
        corpus=CORPUS_CARD,
        runs=[f"{run}/predictions.parquet" for run in RUNS],
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
        ner=subpath(input[1], ancestor=3),  # of the first run
        code=code("compare_variants"),
    shell:
        "python -m workflow_scripts.compare_variants {params.variants} {params.statistics} --corpus {input.corpus}"
        " --ner {params.ner} --output {output.comparisons} --table {output.table} > {log} 2>&1"


rule score_slices:
    """Scores by kind of mention, and how they differ from the baseline's."""
    input:
        corpus=CORPUS_CARD,
        predicted=f"{WORK}/pos/predicted.parquet",
        runs=[f"{run}/predictions.parquet" for run in STUDIED_RUNS],
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
        ner=subpath(input[2], ancestor=3),  # of the first run
        tables=subpath(output.ner_slices, parent=True),
        code=code("score_slices"),
    shell:
        "python -m workflow_scripts.score_slices {params.variants} {params.statistics} --corpus {input.corpus}"
        " --predicted {input.predicted} --ner {params.ner} --tables {params.tables} > {log} 2>&1"


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
        "python -m workflow_scripts.measure_ceiling {params.runs} --corpus {input.corpus} --predicted {input.predicted}"
        " --ner {params.ner} --output {output.ceiling} --table {output.table} > {log} 2>&1"


rule compare_extra_tests:
    """How each variant differs from the baseline on extra tests."""
    input:
        corpus=CORPUS_CARD,
        runs=predictions_of_extra_tests,
    output:
        **{table: f"{TABLES}/{table}.csv" for table in EXTRA_TABLES},
        comparisons=f"{METRICS}/ner_extra_tests.json",
        provenance=f"{TABLES}/extra_tests.provenance.json",
    log:
        f"{LOGS}/compare_extra_tests.log",
    benchmark:
        f"{BENCHMARKS}/compare_extra_tests.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        variants=lambda wildcards: arguments(variants={name: VARIANTS[name] for name in STUDIED}),
        statistics=arguments(statistics=STUDY.statistics),
        tests=lambda wildcards: arguments(tests=list(STUDY.corpora[wildcards.corpus].extra_tests)),
        predictions=subpath(input[1], ancestor=4),  # of the first run
        tables=subpath(output.extra_tests, parent=True),
        code=code("compare_extra_tests"),
    shell:
        "python -m workflow_scripts.compare_extra_tests {params.variants} {params.statistics} {params.tests}"
        " --corpus {input.corpus} --predictions {params.predictions} --output {output.comparisons}"
        " --tables {params.tables} > {log} 2>&1"


rule summarise_corruption:
    """What corrupted POS does to NER: means, intervals, slopes, and where it happens."""
    input:
        sweeps=SWEPT,
        changes=[sweep.replace(".parquet", ".changes.parquet") for sweep in SWEPT],
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
        sweeps=subpath(input[0], ancestor=2),
        output=subpath(output.early, parent=True),
        tables=subpath(output.corruption, parent=True),
        code=code("summarise_corruption"),
    shell:
        "python -m workflow_scripts.summarise_corruption {params.variants} {params.statistics} --sweeps {params.sweeps}"
        " --output {params.output} --tables {params.tables} > {log} 2>&1"


for figure, (category, title, tables) in PLOTS.items():

    rule:
        name:
            f"plot_{figure}"
        input:
            **{option: f"{TABLES}/{table}.csv" for option, table in tables.items()},
            style=STYLE,
        output:
            png=f"{FIGURES}/{figure}.png",
            svg=report(
                f"{FIGURES}/{figure}.svg",
                caption=f"{CAPTIONS}/{figure}.rst",
                category=category,
                labels={"result": f"Figure: {title}", "corpus": "{corpus}", "encoder": "{encoder}"},
            ),
        log:
            f"{LOGS}/plot_{figure}.log",
        benchmark:
            f"{BENCHMARKS}/plot_{figure}.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            script=f"plot_{figure}",  # not in the command itself, which is put together when all rules are defined
            files=lambda wildcards, input: arguments(**dict(input.items())),
            code=code(f"plot_{figure}"),
        shell:
            "python -m workflow_scripts.{params.script} {params.files} --output {output.png} > {log} 2>&1"


rule conclude:
    """Whether POS helped, and what tagging errors did, in words."""
    input:
        baseline=f"{METRICS}/ner_baseline.json",
        gold=f"{METRICS}/ner_gold_pos.json",
        predicted=f"{METRICS}/ner_predicted_pos.json",
        controls=f"{METRICS}/ner_controls.json",
        comparisons=COMPARISONS,
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
        "python -m workflow_scripts.conclude --metrics {params.metrics} --comparisons {input.comparisons} --pos {input.pos}"
        " {params.corruption} --output {output.verdict} --tables {params.tables} > {log} 2>&1"


# Benchmarks are no outputs: what is new is told by the records beside the models, of which each training makes a new one.
rule summarise_cost:
    """Wall time, memory and GPU hours of what comes before the analysis, by rule and variant."""
    input:
        taggers=expand(f"{TAGGER}/provenance.json", tagger=TAGGERS, allow_missing=True),
        runs=[f"{run}/provenance.json" for run in RUNS],
        sweeps=[path.replace(".parquet", ".provenance.json") for path in SWEPT],
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
        code=code("summarise_cost"),
    shell:
        "python -m workflow_scripts.summarise_cost {params.settings} --work {params.work} --table {output.table}"
        " > {log} 2>&1"


for name, home, folder, tables, scope in [
    ("typeset_counts", CORPUS, CORPUS, {"counts": ("Data", "Counts", "corpus")}, {"corpus": "{corpus}"}),
    ("typeset_tables", WORK, TABLES, SHOWN_TABLES, {"corpus": "{corpus}", "encoder": "{encoder}"}),
    ("typeset_extra_tests", WORK, TABLES, EXTRA_TABLES, {"corpus": "{corpus}", "encoder": "{encoder}"}),
]:

    rule:
        name:
            name
        input:
            **{table: f"{folder}/{table}.csv" for table in tables},
        output:
            *(f"{folder}/{table}.tex" for table in tables),
            **{
                table: report(
                    f"{folder}/{table}.html",
                    caption=f"{CAPTIONS}/{caption}.rst",
                    category=category,
                    labels={"result": f"Table: {title}"} | scope,
                )
                for table, (category, title, caption) in tables.items()
            },
        log:
            f"{home}/logs/{name}.log",
        benchmark:
            f"{home}/benchmarks/{name}.tsv"
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            files=lambda wildcards, input: arguments(tables=list(input)),
            code=code("typeset_tables"),
        shell:
            "python -m workflow_scripts.typeset_tables {params.files} > {log} 2>&1"


rule summarise_study:
    """The study on one page: what is printed at its end, and what its report opens with."""
    input:
        verdicts=expand(VERDICT, **PAIRS),
    output:
        SUMMARY,
    log:
        "results/logs/summarise_study.log",
    benchmark:
        "results/benchmarks/summarise_study.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards, input: arguments(
            title=STUDY.study.title, results=[os.path.dirname(path) for path in input.verdicts], report=REPORT
        ),
        code=code("summarise_study"),
    shell:
        "python -m workflow_scripts.summarise_study {params.settings} --output {output} > {log} 2>&1"


rule record_config:
    """The whole config as it was used: config.yaml, other files and the command line put together."""
    output:
        "results/config.json",
    log:
        "results/logs/record_config.log",
    benchmark:
        "results/benchmarks/record_config.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=lambda wildcards: arguments(config=STUDY.model_dump(mode="json")),
        code=code("record_config"),
    shell:
        "python -m workflow_scripts.record_config {params.settings} --output {output} > {log} 2>&1"


ANALYSES = [
    *expand(f"{CORPUS}/counts.{{kind}}", corpus=STUDY.study.corpora, kind=["csv", "tex", "html"]),
    *expand(
        [
            *(
                f"{METRICS}/{name}.json"
                for name in [*VARIANTS, "ner_baseline", "ner_gold_pos", "ner_predicted_pos", "ner_controls"]
            ),
            *PROPAGATION,
            *(f"{TABLES}/{table}.{kind}" for table in SHOWN_TABLES for kind in ["csv", "tex", "html"]),
            *(f"{FIGURES}/{figure}.{kind}" for figure in PLOTS for kind in ["png", "svg"]),
            VERDICT,
        ],
        **PAIRS,
    ),
    *expand(
        [f"{TABLES}/{table}.{kind}" for table in EXTRA_TABLES for kind in ["csv", "tex", "html"]],
        corpus=[name for name in STUDY.study.corpora if STUDY.corpora[name].extra_tests],
        encoder=STUDY.study.encoders,
    ),
    *PRESENTATION,
]


# The report is written by another Snakemake, which reads what this one has recorded so far and takes no lock for it.
rule report:
    """Snakemake's report: answers, figures and tables with captions, and how each was made."""
    input:
        ANALYSES,
        SUMMARY,
        captions=sorted(RESOURCES.glob("captions/*.rst")),
        style=RESOURCES / "styles/report.css",
        config="results/config.json",
    output:
        REPORT,
    log:
        "results/logs/report.log",
    benchmark:
        "results/benchmarks/report.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        snakefile=os.path.relpath(workflow.main_snakefile),
    shell:
        "python -m snakemake --snakefile {params.snakefile} --configfile {input.config} --report {output}"
        " --report-stylesheet {input.style} figures > {log} 2>&1"
