"""Trains as run.bench.ts asks (one JSON argument: model folder, jsonl file, rows, batch, tokens) and prints the most memory
that it took, in bytes."""
import json, resource, sys, tempfile

import torch
from transformers import (
    AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments, logging,
)

logging.set_verbosity_error()
ask = json.loads(sys.argv[1])
torch.set_num_threads(ask['threads'])
tokenizer = AutoTokenizer.from_pretrained(ask['model'])
rows = [json.loads(line) for line in open(ask['dataset'])]
labels = sorted({row['label'] for row in rows})
encoded = [
    {**tokenizer(row['text'], truncation=True, max_length=ask['tokens']), 'label': labels.index(row['label'])} for row in rows
]
with tempfile.TemporaryDirectory() as folder:
    arguments = TrainingArguments(
        folder, per_device_train_batch_size=ask['batch'], per_device_eval_batch_size=ask['batch'], num_train_epochs=1,
        learning_rate=2e-5, eval_strategy='epoch', save_strategy='epoch', report_to=[], use_cpu=True,
    )
    model = AutoModelForSequenceClassification.from_pretrained(ask['model'], num_labels=len(labels))
    trainer = Trainer(
        model, arguments, train_dataset=encoded[: ask['rows']], eval_dataset=encoded[ask['rows'] :],
        data_collator=DataCollatorWithPadding(tokenizer), processing_class=tokenizer,
    )
    trainer.train()
    trainer.save_model(folder)
print(json.dumps({'bytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
