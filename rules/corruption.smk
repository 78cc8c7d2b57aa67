# One sweep over corrupted POS for each POS-aware checkpoint.


rule sweep_corruption:
    """Read the test split with POS that grows worse, and score what NER makes of it."""
    input:
        corpus=expand(f"{CORPUS}/{{split}}.parquet", split=["train", "test"], allow_missing=True),
        checkpoint=f"{WORK}/ner/{{variant}}/seed-{{seed}}/model",
        confusion=f"{WORK}/pos/confusion_matrix.json",
        predicted=predicted_for(lambda variant: variant.feature == "logits"),
    output:
        f"{WORK}/corruption/{{variant}}/seed-{{seed}}.parquet",
    log:
        f"{LOGS}/corruption/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/corruption/{{variant}}/seed-{{seed}}.tsv"
    params:
        settings=arguments(
            corruption=STUDY.corruption,
            max_length=STUDY.ner.training.max_length,
            eval_batch_size=STUDY.ner.training.eval_batch_size,
            compute=STUDY.compute,
        ),
        corpus=CORPUS,
        predicted=lambda wildcards, input: f"--predicted {input.predicted}" if input.predicted else "",
        code=code_of_variant("sweep_corruption"),
    threads: STUDY.compute.threads
    resources:
        gpu=1,
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    conda:
        ENVIRONMENT
    shell:
        "python -m workflow_scripts.sweep_corruption {params.settings} --corpus {params.corpus}"
        " --checkpoint {input.checkpoint} --confusion {input.confusion} {params.predicted}"
        " --output {output} > {log} 2>&1"
