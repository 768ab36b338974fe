"""How far torch's own half precision and TF32 are from its 32-bit floats, for bench.ts to be held against: the same random
weights (shapes.ts) and the same batches, six steps without dropout, over five sets of batches; and the first set once more
where ReLU is far from its bend (steps.ts says why), with the gradients of its first step.

    python3 apart.py OUT.jsonl [batch] [tokens]
"""

import json
import sys

import numpy
import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification

SETS, STEPS, RATE = 5, 6, 5e-5
VOCABULARY = 30522


def uniform(seed, count):
    """The generator of shapes.ts: each number follows from how often it was asked."""
    state = (numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x6D2B79F5)).astype(numpy.uint32)
    with numpy.errstate(over="ignore"):
        t = (state ^ (state >> numpy.uint32(15))) * (state | numpy.uint32(1))
        t = (t + (t ^ (t >> numpy.uint32(7))) * (t | numpy.uint32(61))) ^ t
    return (t ^ (t >> numpy.uint32(14))).astype(numpy.float64) / 4294967296


def fill(model):
    """The weights of shapes.ts, whose parameters come in the order of the checkpoint's."""
    thirds = uniform(42, 3 * 65_537).reshape(-1, 3)
    block = (0.035 * (thirds[:, 0] + thirds[:, 1] + thirds[:, 2] - 1.5)).astype(numpy.float32)
    at = 0
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            length = parameter.numel()
            if name.endswith("bias"):
                parameter.zero_()
            elif "orm.weight" in name:
                parameter.fill_(1)
            else:
                data = block[(at + numpy.arange(length)) % len(block)]
                parameter.copy_(torch.from_numpy(data).reshape(parameter.shape))
            at += length


def batch_of(batch, tokens, seed):
    ids = 1000 + numpy.floor(uniform(seed, batch * tokens) * 28_000).astype(numpy.int64).reshape(batch, tokens)
    labels = numpy.arange(batch) % 2
    ids[labels == 1, 1::8] = 2000
    ids[:, 0] = 101
    ids, labels = torch.from_numpy(ids).cuda(), torch.from_numpy(labels).cuda()
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def steps(model, start, mode, batches):
    """Losses of the first steps, as Trainer makes them, and the gradients of the first one."""
    torch.backends.cuda.matmul.allow_tf32 = mode == "tf32"
    model.load_state_dict(start)
    named = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for name, p in named if p.dim() > 1], "weight_decay": 0.0},
            {"params": [p for name, p in named if p.dim() == 1], "weight_decay": 0.0},
        ],
        lr=RATE,
        fused=True,
    )
    half = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(mode)
    scaler = torch.amp.GradScaler("cuda", enabled=mode == "fp16")
    losses, gradients = [], {}
    for batch in batches:
        with torch.autocast("cuda", dtype=half or torch.bfloat16, enabled=half is not None):
            loss = model(**batch).loss
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        if not gradients:
            gradients = {name: p.grad.clone() for name, p in named}
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses, gradients


def main():
    batch, tokens = (int(given) for given in (sys.argv[2:4] or (16, 256)))
    config = DistilBertConfig(num_labels=2, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0)
    model = DistilBertForSequenceClassification(config).cuda().train()
    fill(model)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    smooth = dict(start)
    smooth["pre_classifier.bias"] = torch.tensor([-3.0, 3.0], device="cuda").repeat(config.dim // 2)
    sets = [[batch_of(batch, tokens, 1000 * which + 100 + step) for step in range(STEPS)] for which in range(SETS)]
    exact = [steps(model, start, "fp32", batches)[0] for batches in sets]
    exact_smooth, exact_gradients = steps(model, smooth, "fp32", sets[0])
    apart = lambda losses, wanted: [abs(loss / other - 1) for loss, other in zip(losses, wanted)]
    with open(sys.argv[1], "w") as out:
        about = {"torch": torch.__version__, "card": torch.cuda.get_device_name(0), "batch": batch, "tokens": tokens}
        out.write(json.dumps(about | {"fp32": exact, "fp32_smooth": exact_smooth}) + "\n")
        for mode in ("tf32", "bf16", "fp16"):
            rows = [apart(steps(model, start, mode, batches)[0], wanted) for batches, wanted in zip(sets, exact)]
            losses, made = steps(model, smooth, mode, sets[0])
            gradients = {n: ((g - exact_gradients[n]).norm() / exact_gradients[n].norm()).item() for n, g in made.items()}
            row = {"mode": mode, "sets": rows, "smooth": apart(losses, exact_smooth), "gradients": gradients}
            out.write(json.dumps(row) + "\n")
            print(mode, sorted(max(row) for row in rows), row["smooth"], flush=True)


if __name__ == "__main__":
    main()
