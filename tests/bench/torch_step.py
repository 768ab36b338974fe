"""Times PyTorch's steps for step.bench.ts. One JSON line in: {"model", "labels", "batch", "tokens", "steps", "evaluate"};
one out: the milliseconds of each step. A new model is made when `model` changes."""
import json, sys, time

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, logging

logging.set_verbosity_error()
torch.set_num_threads(int(sys.argv[1]))
known = {}
for line in sys.stdin:
    ask = json.loads(line)
    key = json.dumps(ask['model'])
    if key not in known:
        known.clear()
        config = AutoConfig.for_model(**ask['model'], num_labels=ask['labels'])
        model = AutoModelForSequenceClassification.from_config(config)
        # The kernel that the Trainer takes: all parameters in one call.
        known[key] = model, torch.optim.AdamW(model.parameters(), lr=2e-5, fused=True)
    model, optimizer = known[key]
    model.train(not ask['evaluate'])
    vocabulary = model.config.vocab_size
    times = []
    for _ in range(ask['steps']):
        ids = torch.randint(5, vocabulary, (ask['batch'], ask['tokens']))
        mask, labels = torch.ones_like(ids), torch.randint(0, ask['labels'], (ask['batch'],))
        start = time.perf_counter()
        with torch.set_grad_enabled(not ask['evaluate']):
            loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        if not ask['evaluate']:
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        loss.item()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)
