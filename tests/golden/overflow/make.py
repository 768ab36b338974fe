"""Makes trace.json: updates of the tiny DistilBERT of ../trainer, two of which and the first overflow, as Trainer makes
them in fp16: torch's GradScaler leaves such an update out, so AdamW does not count it, and the scheduler stays.

    python tests/golden/overflow/make.py
"""
import json
from pathlib import Path

import torch, transformers
from transformers import DistilBertForSequenceClassification, get_scheduler

HERE = Path(__file__).parent
UPDATES, ROWS, OVERFLOWS = 10, 8, (0, 4, 5)
ARGS = dict(learning_rate=1e-3, weight_decay=0.01, warmup_steps=2, lr_scheduler_type='linear')

model = DistilBertForSequenceClassification.from_pretrained(HERE.parent / 'trainer' / 'distilbert').train()
rows = json.loads((HERE.parent / 'trainer' / 'distilbert' / 'trace.json').read_text())['train']
decayed = [p for name, p in model.named_parameters() if p.dim() > 1]
others = [p for name, p in model.named_parameters() if p.dim() == 1]
optimizer = torch.optim.AdamW(
    [dict(params=decayed, weight_decay=ARGS['weight_decay']), dict(params=others, weight_decay=0.0)],
    lr=ARGS['learning_rate'])
scheduler = get_scheduler(ARGS['lr_scheduler_type'], optimizer, num_warmup_steps=ARGS['warmup_steps'],
                          num_training_steps=UPDATES)
scaler = torch.amp.GradScaler('cpu')


def batch(update):
    some = [rows[(ROWS * update + i) % len(rows)] for i in range(ROWS)]
    longest = max(len(row['input_ids']) for row in some)
    fill = lambda values: torch.tensor([v + [0] * (longest - len(v)) for v in values])
    ids = [row['input_ids'] for row in some]
    return dict(input_ids=fill(ids), attention_mask=fill([[1] * len(i) for i in ids]),
                labels=torch.tensor([row['labels'] for row in some]))


made = []
for update in range(UPDATES):
    loss = model(**batch(update)).loss
    scaler.scale(loss).backward()
    if update in OVERFLOWS:
        model.classifier.bias.grad[0] = float('inf')
    # What Trainer and accelerate do from here on.
    scaler.unscale_(optimizer)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    rate = scheduler.get_last_lr()[0]
    before = scaler.get_scale()
    scaler.step(optimizer)
    scaler.update()
    if scaler.get_scale() >= before:
        scheduler.step()
    optimizer.zero_grad()
    overflowed = update in OVERFLOWS
    made.append(dict(loss=loss.item(), grad_norm=None if overflowed else norm.item(), learning_rate=rate,
                     overflowed=overflowed, scale=scaler.get_scale()))

weights = {name: p.detach().flatten()[:8].tolist() for name, p in model.named_parameters()}
trace = dict(versions=dict(torch=torch.__version__, transformers=transformers.__version__), args=ARGS, rows=ROWS,
             updates=made, weights=weights)
(HERE / 'trace.json').write_text(json.dumps(trace) + '\n')
