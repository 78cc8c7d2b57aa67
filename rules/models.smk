# What others can use of a finished study: model cards beside the checkpoints, and the entities of any text.

CARDS = sorted(CARD_TEMPLATES.glob("*.md"))


# A training replaces its model's folder, card included, so the cards are written again after it. Of hundreds of cards only
# the list of the models is named as an output: Snakemake would compare every file that it looks for with each of them.
rule write_model_cards:
    """Document each model: what it is, what it was trained on, and its scores."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
        runs=RUNS,
        tagger=FINAL_TAGGER,
        metrics=expand(VARIANT_METRICS, variant=VARIANTS, allow_missing=True),
        comparisons=COMPARISONS,
        confusion=CONFUSION,
        templates=ancient(CARDS),
    output:
        models=MODELS,
        tagger=f"{POS}/final/model/README.md",
    log:
        f"{LOGS}/write_model_cards.log",
    benchmark:
        f"{BENCHMARKS}/write_model_cards.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    params:
        variants=arguments(variants=VARIANTS),
        training=arguments(training=STUDY.ner.training, tagging=STUDY.pos.training, tagging_seed=STUDY.pos.seed),
        statistics=arguments(statistics=STUDY.statistics.estimation),
        metrics=subpath(input.comparisons, parent=True),
        templates=CARD_TEMPLATES,
        content=content_of(CARDS),
        code=code("write_model_cards"),
    shell:
        "python -m posner write_model_cards --corpus-name {wildcards.corpus} --encoder-name {wildcards.encoder}"
        " {params.variants} {params.training} {params.statistics} --corpus {input.corpus} --encoder {input.encoder}"
        " --ner {input.runs} --tagger {input.tagger} --metrics {params.metrics} --confusion {input.confusion}"
        " --templates {params.templates:q} --models {output.models} > {log} 2>&1"


rule predict:
    """Find the entities of data/texts/{text}.txt (a sentence per line) or .conll (columns with POS)."""
    input:
        checkpoint=RUN_RECORD,
        tagger=if_predicted(FINAL_TAGGER),
        text=lambda wildcards: ancient(text_file(wildcards)),
    output:
        predictions=PREDICTION,
        provenance=f"{PREDICTION}.provenance.json",
    log:
        f"{LOGS}/predict/{{variant}}/seed-{{seed}}/{{text}}.{{format}}.log",
    benchmark:
        f"{BENCHMARKS}/predict/{{variant}}/seed-{{seed}}/{{text}}.{{format}}.tsv"
    wildcard_constraints:
        text=NAME_PATTERN,
        format="jsonl|conll",
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        length=arguments(max_length=STUDY.ner.training.max_length),
        compute=arguments(compute=STUDY.compute),
        content=lambda wildcards: content_of([text_file(wildcards)]),
        code=code_of_variant("predict"),
    shell:
        "python -m posner predict --checkpoint {input.checkpoint} --tagger={input.tagger} --input {input.text}"
        " {params.length} {params.compute} --output {output.predictions} > {log} 2>&1"
