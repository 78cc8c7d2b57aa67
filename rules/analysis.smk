# Stored metrics and sweeps -> summaries, tables, figures, conclusions, report: seconds each, and no graphics card.

import os

METRICS = f"{WORK}/metrics"
TABLES = f"{WORK}/tables"
FIGURES = f"{WORK}/figures"
COUNTS = f"{CORPUS}/counts.csv"
COMPARISONS = f"{METRICS}/ner_comparisons.json"
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
PROPAGATION = [f"{WORK}/pos_corruption/{fusion}_fusion.json" for fusion in ["early", "late"]] if SWEPT else []

# Of each figure: category and title in the report, and the tables that it is drawn from, by option.
PLOTS = {
    "pos_tagging": ("POS", "Tagging by split and tag", {"tagging": "pos_tagging", "by_tag": "pos_by_tag"}),
    "confusions": ("POS", "Most frequent confusions", {"confusions": "pos_confusions"}),
    "ner_results": ("NER", "F1 of every variant and seed", {"runs": "ner_runs"}),
}
if SWEPT:
    PLOTS |= {
        "injection_strategies": ("NER", "Injection strategies", {"runs": "ner_runs", "comparisons": "ner_comparisons"}),
        "corruption": (
            "Error propagation",
            "F1 under corrupted POS",
            {"corruption": "corruption", "runs": "ner_runs", "tagging": "pos_tagging"},
        ),
    }


# The report opens with the answers. Snakemake reads this file when it writes the report.
report: os.path.abspath(SUMMARY)


rule summarise_corpus:
    """Count what the corpus holds."""
    input:
        CORPUS_CARD,
    output:
        counts=report(
            COUNTS,
            caption=f"{CAPTIONS}/corpus.rst",
            category="Data",
            labels={"corpus": "{corpus}", "encoder": "all", "result": "Counts (CSV)"},
        ),
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
        **{
            table: report(
                f"{TABLES}/{table}.csv",
                caption=f"{CAPTIONS}/pos_tables.rst",
                category="POS",
                labels={"corpus": "{corpus}", "encoder": "{encoder}", "result": f"{title} (CSV)"},
            )
            for table, title in {
                "pos_tagging": "Scores by split",
                "pos_by_tag": "Scores by tag",
                "pos_confusions": "Confusions",
            }.items()
        },
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
        **{
            table: report(
                f"{TABLES}/{table}.csv",
                caption=f"{CAPTIONS}/ner_tables.rst",
                category="NER",
                labels={"corpus": "{corpus}", "encoder": "{encoder}", "result": f"{title} (CSV)"},
            )
            for table, title in {
                "ner_summary": "Scores by variant",
                "ner_runs": "Scores by run",
                "ner_by_type": "Scores by entity type",
            }.items()
        },
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
        table=report(
            f"{TABLES}/ner_comparisons.csv",
            caption=f"{CAPTIONS}/ner_comparisons.rst",
            category="NER",
            labels={"corpus": "{corpus}", "encoder": "{encoder}", "result": "Differences to the baseline (CSV)"},
        ),
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
        corpus=subpath(input.corpus, parent=True),
        ner=subpath(input[1], ancestor=3),  # of the first run
        code=code("compare_variants"),
    shell:
        "python -m workflow_scripts.compare_variants {params.variants} {params.statistics} --corpus {params.corpus}"
        " --ner {params.ner} --output {output.comparisons} --table {output.table} > {log} 2>&1"


rule summarise_corruption:
    """What corrupted POS does to NER, over draws and seeds."""
    input:
        SWEPT,
    output:
        early=f"{WORK}/pos_corruption/early_fusion.json",
        late=f"{WORK}/pos_corruption/late_fusion.json",
        table=report(
            f"{TABLES}/corruption.csv",
            caption=f"{CAPTIONS}/corruption_tables.rst",
            category="Error propagation",
            labels={"corpus": "{corpus}", "encoder": "{encoder}", "result": "Scores by rate (CSV)"},
        ),
        provenance=f"{TABLES}/corruption.provenance.json",
    log:
        f"{LOGS}/summarise_corruption.log",
    benchmark:
        f"{BENCHMARKS}/summarise_corruption.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        settings=lambda wildcards: arguments(variants=VARIANTS),
        sweeps=subpath(input[0], ancestor=2),
        output=subpath(output.early, parent=True),
        tables=subpath(output.table, parent=True),
        code=code("summarise_corruption"),
    shell:
        "python -m workflow_scripts.summarise_corruption {params.settings} --sweeps {params.sweeps}"
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
                labels={"corpus": "{corpus}", "encoder": "{encoder}", "result": title},
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
        VERDICT,
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
        code=code("conclude"),
    shell:
        "python -m workflow_scripts.conclude --metrics {params.metrics} --comparisons {input.comparisons} --pos {input.pos}"
        " {params.corruption} --output {output} > {log} 2>&1"


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
    *expand(COUNTS, corpus=STUDY.study.corpora),
    *expand(
        [
            *(
                f"{METRICS}/{name}.json"
                for name in [*VARIANTS, "ner_baseline", "ner_gold_pos", "ner_predicted_pos", "ner_controls"]
            ),
            *PROPAGATION,
            *(f"{TABLES}/ner_{table}.csv" for table in ["summary", "runs", "by_type", "comparisons"]),
            *(f"{TABLES}/pos_{table}.csv" for table in ["tagging", "by_tag", "confusions"]),
            *([f"{TABLES}/corruption.csv"] if SWEPT else []),
            *(f"{FIGURES}/{figure}.{kind}" for figure in PLOTS for kind in ["png", "svg"]),
            VERDICT,
        ],
        **PAIRS,
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
        "python -m snakemake --snakefile {params.snakefile} --configfile {input.config} --report {output} figures"
        " > {log} 2>&1"
