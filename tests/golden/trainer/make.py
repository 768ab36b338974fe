"""Makes the golden traces beside this file: whole runs of transformers' Trainer on tiny random models, dropout 0.

    python tests/golden/trainer/make.py        # versions.json says with what it was last made

Each folder holds the model as it was before training (config.json, model.safetensors) and trace.json: the token ids of
the rows, the arguments, every log row, and the logits of the evaluation rows after training.
"""
import json, random, sys
from pathlib import Path

import numpy, torch, transformers
from transformers import (BertConfig, BertForSequenceClassification, DistilBertConfig, DistilBertForSequenceClassification,
                          ElectraConfig, ElectraForSequenceClassification, MPNetConfig, MPNetForSequenceClassification,
                          RobertaConfig, RobertaForSequenceClassification, Trainer, TrainingArguments, set_seed)

from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

HERE = Path(__file__).parent
SIZES = dict(vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
             hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
MODELS = {
    'distilbert': lambda **head: DistilBertForSequenceClassification(DistilBertConfig(
        vocab_size=64, max_position_embeddings=32, n_layers=2, n_heads=2, dim=16, hidden_dim=32, dropout=0.0,
        attention_dropout=0.0, seq_classif_dropout=0.0, **head)),
    'bert': lambda **head: BertForSequenceClassification(BertConfig(max_position_embeddings=32, **SIZES, **head)),
    'roberta': lambda **head: RobertaForSequenceClassification(RobertaConfig(
        max_position_embeddings=34, pad_token_id=1, layer_norm_eps=1e-5, type_vocab_size=1, **SIZES, **head)),
}
# One trace each: their encoder is that of the ones above.
MORE = {
    'electra': lambda **head: ElectraForSequenceClassification(ElectraConfig(embedding_size=8, max_position_embeddings=32, **SIZES, **head)),
    'mpnet': lambda **head: MPNetForSequenceClassification(MPNetConfig(max_position_embeddings=34, layer_norm_eps=1e-5, **SIZES, **head)),
}
COMMON = dict(num_train_epochs=2, per_device_train_batch_size=8, per_device_eval_batch_size=8, learning_rate=1e-3, logging_steps=1)
RUNS = {
    'distilbert': ('distilbert', dict(weight_decay=0.01)),
    'bert': ('bert', dict(weight_decay=0.01)),
    'roberta': ('roberta', dict(weight_decay=0.01)),
    'electra': ('electra', dict(weight_decay=0.01)),
    'mpnet': ('mpnet', dict(weight_decay=0.01)),
    # Everything that changes the arithmetic at once: 3 batches an update (the last of an epoch has fewer), a schedule
    # with warm-up, smoothing, and a norm that every gradient exceeds.
    # Each architecture with several labels a row, and with a number.
    **{f'{name}-{kind}': (name, dict(weight_decay=0.01)) for name in MODELS for kind in ('multi-label', 'regression')},
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


def rows(n, seed, kind):
    r = random.Random(seed)
    ids = [[2] + [r.randrange(5, 64) for _ in range(r.randint(3, 12))] + [3] for _ in range(n)]
    labels = {
        'multi-label': lambda i: [float(r.random() < 0.4) for _ in range(3)],
        'regression': lambda i: round(r.gauss(1, 2), 3),
    }.get(kind, lambda i: i % 3)
    return [dict(input_ids=row, labels=labels(i)) for i, row in enumerate(ids)]


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


# As scikit-learn's f1_score(average='micro'), accuracy_score, mean_squared_error and mean_absolute_error compute them.
def several(prediction):
    said, true = prediction.predictions > 0, prediction.label_ids > 0
    f1 = 2 * (said & true).sum() / (said.sum() + true.sum())
    return dict(f1=float(f1), accuracy=float((said == true).all(-1).mean()))


def numbers(prediction):
    said, true = prediction.predictions.squeeze().astype('float64'), prediction.label_ids.astype('float64')
    return dict(mse=float(((said - true) ** 2).mean()), mae=float(abs(said - true).mean()),
                pearson=float(numpy.corrcoef(said, true)[0, 1]))


# num_labels, problem_type and compute_metrics, as run_classification.py sets them.
KINDS = {
    'multi-label': (3, 'multi_label_classification', several),
    'regression': (1, 'regression', numbers),
}


def make(name):
    model_name, extra = RUNS[name]
    folder = HERE / name
    set_seed(42)
    kind = next((kind for kind in KINDS if name.endswith(kind)), None)
    labels, problem_type, compute_metrics = KINDS.get(kind, (3, None, accuracy))
    model = {**MODELS, **MORE}[model_name](num_labels=labels, problem_type=problem_type)
    # The default head of 0.02 makes gradients so small that rounding shows; random LayerNorms show that they are read.
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.1)
            elif 'classifier' in key or 'relative' in key:
                parameter.mul_(10)
    model.save_pretrained(folder)
    train, evaluated = rows(42, 0, kind), rows(18, 1, kind)
    args = {**COMMON, **extra}
    trainer = Trainer(
        model=model, train_dataset=Rows(train), eval_dataset=Rows(evaluated), compute_metrics=compute_metrics,
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
    if name == 'mpnet':
        buckets = MPNetEncoder.relative_position_bucket(torch.arange(-511, 512))
        (folder / 'buckets.json').write_text(json.dumps(buckets.tolist()) + '\n')
    print(name, trainer.state.log_history[0])


if __name__ == '__main__':
    torch.set_num_threads(1)
    for name in sys.argv[1:] or RUNS:
        make(name)
    versions = dict(python=sys.version.split()[0], torch=torch.__version__, transformers=transformers.__version__, numpy=numpy.__version__)
    (HERE / 'versions.json').write_text(json.dumps(versions, indent=2) + '\n')
