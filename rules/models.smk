# What a finished study gives to others: model cards beside the checkpoints, and entities in any text.

MODELS = expand(f"{WORK}/ner/models.csv", **PAIRS)
CARD_TEMPLATES = RESOURCES / "cards"
TEXTS = "data/texts"


# A training writes its model's folder as a whole, without a card: the cards are written again after it. Of hundreds of
# cards only the list of the models is named as an output: Snakemake would compare every file that it looks for with each.
rule write_model_cards:
    """Say what each model is, what it was made from and how well it does."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
        runs=RUNS,
        tagger=f"{WORK}/pos/final/predictions.parquet",
        metrics=[f"{METRICS}/{name}.json" for name in VARIANTS],
        comparisons=COMPARISONS,
        confusion=f"{WORK}/pos/confusion_matrix.json",
        templates=sorted(CARD_TEMPLATES.glob("*.md")),
    output:
        models=f"{WORK}/ner/models.csv",
        tagger=f"{WORK}/pos/final/model/README.md",
    log:
        f"{LOGS}/write_model_cards.log",
    benchmark:
        f"{BENCHMARKS}/write_model_cards.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        variants=lambda wildcards: arguments(variants=VARIANTS),
        training=arguments(training=STUDY.ner.training, tagging=STUDY.pos.training, tagging_seed=STUDY.pos.seed),
        statistics=arguments(statistics=STUDY.statistics),
        metrics=subpath(input.comparisons, parent=True),
        templates=CARD_TEMPLATES,
        code=code("write_model_cards"),
    shell:
        "python -m posner write_model_cards --corpus-name {wildcards.corpus} --encoder-name {wildcards.encoder}"
        " {params.variants} {params.training} {params.statistics} --corpus {input.corpus} --encoder {input.encoder}"
        " --ner {input.runs} --tagger {input.tagger} --metrics {params.metrics} --confusion {input.confusion}"
        " --templates {params.templates} --models {output.models} > {log} 2>&1"


rule predict:
    """Find the entities of data/texts/{text}.txt (a sentence a line) or .conll (columns with POS)."""
    input:
        checkpoint=f"{RUN}/model/model.safetensors",
        tagger=lambda wildcards: (
            f"{WORK}/pos/final/model/model.safetensors" if STUDY.variants[wildcards.variant].pos == "predicted" else []
        ),
        text=lambda wildcards: next(Path(TEXTS).glob(f"{wildcards.text}.conll"), f"{TEXTS}/{wildcards.text}.txt"),
    output:
        predictions=f"{WORK}/predictions/{{variant}}/seed-{{seed}}/{{text}}.{{format}}",
        provenance=f"{WORK}/predictions/{{variant}}/seed-{{seed}}/{{text}}.{{format}}.provenance.json",
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
        batches=arguments(max_length=STUDY.ner.training.max_length, batch_size=STUDY.ner.training.eval_batch_size),
        compute=arguments(compute=STUDY.compute),
        code=code_of_variant("predict"),
    shell:
        "python -m posner predict --checkpoint {input.checkpoint} --tagger={input.tagger} --input {input.text}"
        " {params.batches} {params.compute} --output {output.predictions} > {log} 2>&1"
