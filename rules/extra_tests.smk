# More test sets with the tags of a corpus, scored with the checkpoints that are there: nothing is trained for them.

EXTRA = f"{CORPUS}/extra"
EXTRA_TAGGED = f"{WORK}/pos/extra/{{test}}.parquet"
# Category and title in the report, and caption.
EXTRA_TABLES = {
    "extra_tests": ("NER", "Extra tests, scores by run", "extra_tests"),
    "extra_tests_comparisons": ("NER", "Extra tests, differences to the baseline", "extra_tests"),
}


# As with corpora: fetching needs a network.
localrules:
    prepare_extra_test,


rule prepare_extra_test:
    """Read an extra test from where it is, and check that it has the tags of its corpus."""
    input:
        corpus=CORPUS_CARD,
        files=lambda wildcards: ancient(with_test(wildcards).files),
    output:
        card=f"{EXTRA}/{{test}}.json",
        sentences=f"{EXTRA}/{{test}}.parquet",
    log:
        f"{CORPUS_LOGS}/extra/{{test}}.log",
    benchmark:
        f"{CORPUS_BENCHMARKS}/extra/{{test}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=lambda wildcards: arguments(corpus=with_test(wildcards), name=wildcards.test),
        content=lambda wildcards: content_of_files(with_test(wildcards)),
        folder=subpath(input.corpus, parent=True),
        code=code("prepare_extra_test"),
    shell:
        "python -m posner prepare_extra_test {params.settings} --folder {params.folder} > {log} 2>&1"


rule tag_extra_test:
    """Predict the POS of an extra test by the final tagger."""
    input:
        test=f"{EXTRA}/{{test}}.json",
        corpus=CORPUS_CARD,
        tagger=f"{WORK}/pos/final/model/model.safetensors",
    output:
        tagged=EXTRA_TAGGED,
        provenance=f"{WORK}/pos/extra/{{test}}.provenance.json",
    log:
        f"{LOGS}/pos/extra/{{test}}.log",
    benchmark:
        f"{BENCHMARKS}/pos/extra/{{test}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        batches=arguments(max_length=STUDY.pos.training.max_length, eval_batch_size=STUDY.pos.training.eval_batch_size),
        compute=arguments(compute=STUDY.compute),
        code=code("tag_extra_test", *sorted(FUSION_CODE)),
    shell:
        "python -m posner tag_extra_test {params.batches} {params.compute} --corpus {input.corpus}"
        " --test {wildcards.test} --tagger {input.tagger} --output {output.tagged} > {log} 2>&1"


rule predict_extra_test:
    """Predict an extra test with one NER model."""
    input:
        test=f"{EXTRA}/{{test}}.json",
        corpus=CORPUS_CARD,
        checkpoint=f"{RUN}/model/model.safetensors",
        predicted=lambda wildcards: [EXTRA_TAGGED] if STUDY.variants[wildcards.variant].pos == "predicted" else [],
    output:
        predictions=f"{EXTRA_RUN}/predictions.parquet",
        provenance=f"{EXTRA_RUN}/provenance.json",
    log:
        f"{LOGS}/extra_tests/{{test}}/{{variant}}/seed-{{seed}}.log",
    benchmark:
        f"{BENCHMARKS}/extra_tests/{{test}}/{{variant}}/seed-{{seed}}.tsv"
    conda:
        ENVIRONMENT
    threads: STUDY.compute.threads
    resources:
        gpu=GPUS,
        mem_mb=growing(8000),
        runtime=growing(60),
    params:
        variant=variant_arguments,
        batches=arguments(max_length=STUDY.ner.training.max_length, eval_batch_size=STUDY.ner.training.eval_batch_size),
        compute=arguments(compute=STUDY.compute),
        code=code_of_variant("predict_extra_test"),
    shell:
        "python -m posner predict_extra_test {params.variant} {params.batches} {params.compute}"
        " --corpus {input.corpus} --test {wildcards.test} --checkpoint {input.checkpoint} --predicted={input.predicted}"
        " --output {output.predictions} > {log} 2>&1"


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
        "python -m posner compare_extra_tests {params.variants} {params.statistics} {params.tests}"
        " --corpus {input.corpus} --predictions {params.predictions} --output {output.comparisons}"
        " --tables {params.tables} > {log} 2>&1"
