"""Makes schedules.json: the learning rate of every update as transformers' schedulers give it.

    python tests/golden/schedules/make.py
"""
import json
from pathlib import Path

import torch, transformers
from transformers import get_scheduler

cases = []
for kind in ('linear', 'cosine', 'constant', 'constant_with_warmup', 'polynomial'):
    for total, warmup in ((10, 0), (10, 3), (7, 6)):
        optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
        scheduler = get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=total)
        rates = []
        for _ in range(total):
            rates.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        cases.append(dict(lr_scheduler_type=kind, total=total, warmup_steps=warmup, learning_rate=2e-4, rates=rates))
versions = dict(torch=torch.__version__, transformers=transformers.__version__)
Path(__file__).with_name('schedules.json').write_text(json.dumps(dict(versions=versions, cases=cases)) + '\n')
