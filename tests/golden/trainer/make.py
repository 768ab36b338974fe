"""Makes the golden traces beside this file: whole runs of transformers' Trainer on tiny random models, dropout 0.

    python tests/golden/trainer/make.py        # versions.json says with what it was last made

Each folder holds the model as it was before training (config.json, model.safetensors) and trace.json: the token ids of
the rows, the arguments, every log row, and the logits of the evaluation rows after training.
"""
import json, random, sys
from pathlib import Path

import numpy, torch, transformers
from transformers import (BertConfig, BertForSequenceClassification, DistilBertConfig, DistilBertForSequenceClassification,
                          RobertaConfig, RobertaForSequenceClassification, Trainer, TrainingArguments, set_seed)

HERE = Path(__file__).parent
SIZES = dict(vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
             hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=3)
MODELS = {
    'distilbert': lambda: DistilBertForSequenceClassification(DistilBertConfig(
        vocab_size=64, max_position_embeddings=32, n_layers=2, n_heads=2, dim=16, hidden_dim=32, dropout=0.0,
        attention_dropout=0.0, seq_classif_dropout=0.0, num_labels=3)),
    'bert': lambda: BertForSequenceClassification(BertConfig(max_position_embeddings=32, **SIZES)),
    'roberta': lambda: RobertaForSequenceClassification(RobertaConfig(
        max_position_embeddings=34, pad_token_id=1, layer_norm_eps=1e-5, type_vocab_size=1, **SIZES)),
}
COMMON = dict(num_train_epochs=2, per_device_train_batch_size=8, per_device_eval_batch_size=8, learning_rate=1e-3, logging_steps=1)
RUNS = {
    'distilbert': ('distilbert', dict(weight_decay=0.01)),
    'bert': ('bert', dict(weight_decay=0.01)),
    'roberta': ('roberta', dict(weight_decay=0.01)),
    # Everything that changes the arithmetic at once: 3 batches an update (the last of an epoch has fewer), a schedule
    # with warm-up, smoothing, and a norm that every gradient exceeds.
    'distilbert-all': ('distilbert', dict(weight_decay=0.1, gradient_accumulation_steps=4, num_train_epochs=6, warmup_steps=3,
                                          lr_scheduler_type='cosine', label_smoothing_factor=0.1, max_grad_norm=0.05)),
}


class Rows(torch.utils.data.Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def rows(n, seed):
    r = random.Random(seed)
    return [dict(input_ids=[2] + [r.randrange(5, 64) for _ in range(r.randint(3, 12))] + [3], labels=i % 3) for i in range(n)]


def collate(pad):
    def pad_rows(batch):
        longest = max(len(row['input_ids']) for row in batch)
        fill = lambda values, value: torch.tensor([v + [value] * (longest - len(v)) for v in values])
        ids = [row['input_ids'] for row in batch]
        return dict(input_ids=fill(ids, pad), attention_mask=fill([[1] * len(i) for i in ids], 0),
                    labels=torch.tensor([row['labels'] for row in batch]))
    return pad_rows


def accuracy(prediction):
    return dict(accuracy=float((prediction.predictions.argmax(-1) == prediction.label_ids).mean()))


def make(name):
    model_name, extra = RUNS[name]
    folder = HERE / name
    set_seed(42)
    model = MODELS[model_name]()
    # The default head of 0.02 makes gradients so small that rounding shows; random LayerNorms show that they are read.
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            elif 'classifier' in key:
                parameter.mul_(10)
    model.save_pretrained(folder)
    train, evaluated = rows(42, 0), rows(18, 1)
    args = {**COMMON, **extra}
    trainer = Trainer(
        model=model, train_dataset=Rows(train), eval_dataset=Rows(evaluated), compute_metrics=accuracy,
        data_collator=collate(model.config.pad_token_id),
        args=TrainingArguments(output_dir=f'/tmp/golden-{name}', use_cpu=True, report_to='none', disable_tqdm=True,
                               eval_strategy='epoch', save_strategy='no', **args))
    # Otherwise 5.x multiplies loss and gradient by the accumulation steps (huggingface/transformers#47688).
    trainer.model_accepts_loss_kwargs = False
    trainer.train()
    logits = trainer.predict(Rows(evaluated)).predictions
    trace = dict(args=args, train=train, eval=evaluated, log=trainer.state.log_history, logits=numpy.asarray(logits).tolist())
    (folder / 'trace.json').write_text(json.dumps(trace) + '\n')
    (folder / 'generation_config.json').unlink(missing_ok=True)
    print(name, trainer.state.log_history[0])


if __name__ == '__main__':
    torch.set_num_threads(1)
    for name in sys.argv[1:] or RUNS:
        make(name)
    versions = dict(python=sys.version.split()[0], torch=torch.__version__, transformers=transformers.__version__, numpy=numpy.__version__)
    (HERE / 'versions.json').write_text(json.dumps(versions, indent=2) + '\n')
