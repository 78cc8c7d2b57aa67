# NER variants x seeds: one job each, the baseline among them.


# The model's folder has the history of the training and the record of how it was made, too.
rule train_ner:
    """Train one NER model: one variant, one seed."""
    input:
        corpus=CORPUS_CARD,
        encoder=ENCODER_CARD,
        predicted=predicted_for(lambda variant: variant.pos == "predicted"),
    output:
        model=f"{RUN}/model/model.safetensors",
        predictions=f"{RUN}/predictions.parquet",
        metrics=f"{RUN}/metrics.json",
    log:
        f"{LOGS}/ner/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/ner/{{variant}}/seed-{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(120),
    params:
        variant=variant_arguments,
        training=arguments(training=STUDY.ner.training),
        compute=arguments(compute=STUDY.compute),
        resume=f"{WORK}/resume/ner-{{variant}}-{{seed}}",
        code=code_of_variant("train_ner"),
    shell:
        "python -m posner train_ner {params.variant} {params.training} --seed {wildcards.seed}"
        " {params.compute} --corpus {input.corpus} --encoder {input.encoder} --predicted={input.predicted}"
        " --output $(dirname {output.metrics}) --resume {params.resume} > {log} 2>&1"
