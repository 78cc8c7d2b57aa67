# NER variants x seeds: one job each, the baseline among them.


def predicted_for(features):
    """predicted.parquet for the variants that need it, as an input function; `features` chooses them."""

    def of(wildcards):
        return [f"{WORK}/pos/predicted.parquet"] if features(STUDY.variants[wildcards.variant]) else []

    return of


def variant_settings(wildcards):
    """What a NER training depends on, besides its files."""
    variant = STUDY.variants[wildcards.variant].model_copy(update={"seeds": None})
    return arguments(
        variant=variant, training=STUDY.ner.training, seed=int(wildcards.seed), compute=STUDY.compute
    )


rule train_ner:
    """Train one NER model: one variant, one seed."""
    input:
        corpus=expand(f"{CORPUS}/{{file}}", file=["train.parquet", "validation.parquet", "test.parquet", "corpus.json"], allow_missing=True),
        encoder=f"{WORK}/encoder",
        predicted=predicted_for(lambda variant: variant.pos == "predicted"),
    output:
        model=directory(f"{WORK}/ner/{{variant}}/seed-{{seed}}/model"),
        predictions=f"{WORK}/ner/{{variant}}/seed-{{seed}}/predictions.parquet",
        metrics=f"{WORK}/ner/{{variant}}/seed-{{seed}}/metrics.json",
        history=f"{WORK}/ner/{{variant}}/seed-{{seed}}/history.csv",
    log:
        f"{LOGS}/ner/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/ner/{{variant}}/seed-{{seed}}.tsv"
    params:
        settings=variant_settings,
        corpus=CORPUS,
        predicted=lambda wildcards, input: f"--predicted {input.predicted}" if input.predicted else "",
        folder=f"{WORK}/ner/{{variant}}/seed-{{seed}}",
        code=code_of_variant("train_ner"),
    threads: STUDY.compute.threads
    resources:
        gpu=1,
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.train_ner {params.settings} --corpus {params.corpus} --encoder {input.encoder}"
        " {params.predicted} --output {params.folder} > {log} 2>&1"
