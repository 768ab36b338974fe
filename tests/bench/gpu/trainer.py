"""transformers' Trainer on the shapes that bench.ts measures, on the same card: one JSON line for each.

Random weights of the real sizes, full rows, dropout 0.1. A step's time is the median over the last steps, each measured
from one end of a step to the next with the device synchronised.
"""

import json
import os
import statistics
import sys
import tempfile
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["WANDB_DISABLED"] = "true"
import torch
from torch.utils.data import Dataset
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)


def model_of(name):
    if name == "distilbert":
        return DistilBertForSequenceClassification(DistilBertConfig(num_labels=2))
    if name == "minilm":
        return BertForSequenceClassification(
            BertConfig(hidden_size=384, intermediate_size=1536, num_hidden_layers=6, num_labels=2)
        )
    if name == "bert":
        return BertForSequenceClassification(BertConfig(num_labels=2))
    return RobertaForSequenceClassification(
        RobertaConfig(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, num_labels=2)
    )


class Rows(Dataset):
    def __init__(self, rows, tokens):
        generator = torch.Generator().manual_seed(0)
        self.ids = torch.randint(1000, 29000, (rows, tokens), generator=generator)

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        ids = self.ids[i]
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": i % 2}


class Clock(TrainerCallback):
    def __init__(self):
        self.at = []

    def on_step_end(self, args, state, control, **_):
        torch.cuda.synchronize()
        self.at.append(time.perf_counter())


def measure(model, batch, tokens, mode, steps):
    set_seed(42)
    torch.cuda.reset_peak_memory_stats()
    clock = Clock()
    args = TrainingArguments(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=batch,
        max_steps=steps,
        bf16="bf16" in mode,
        tf32=mode != "fp32",
        torch_compile="compile" in mode,
        logging_steps=50,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_num_workers=0,
    )
    trainer = Trainer(model=model_of(model), args=args, train_dataset=Rows(batch * 64, tokens), callbacks=[clock])
    start = time.perf_counter()
    trainer.train()
    wall = time.perf_counter() - start
    gaps = [1000 * (b - a) for a, b in zip(clock.at, clock.at[1:])][-(steps // 2) :]
    return {
        "ms": round(statistics.median(gaps), 3),
        "least_ms": round(min(gaps), 3),
        "train_s": round(wall, 2),
        "gib": round(torch.cuda.max_memory_allocated() / 2**30, 2),
    }


# Those that a bar is measured against come first: a compiled one takes 20 seconds and more.
ALL = [
    ("distilbert", 16, 256, "bf16", 80),
    ("distilbert", 16, 256, "bf16 compile", 80),
    ("distilbert", 32, 512, "bf16", 40),
    ("distilbert", 32, 512, "bf16 compile", 40),
    ("distilbert", 64, 128, "bf16", 60),
    ("distilbert", 64, 128, "bf16 compile", 40),
    ("bert", 16, 256, "bf16", 60),
    ("bert", 16, 256, "bf16 compile", 40),
    ("roberta", 16, 256, "bf16", 60),
    ("distilbert", 16, 128, "bf16", 60),
    ("distilbert", 16, 64, "bf16", 60),
    ("minilm", 16, 128, "bf16", 60),
    ("distilbert", 16, 256, "tf32", 60),
    ("roberta", 16, 256, "bf16 compile", 40),
    ("distilbert", 16, 256, "fp32", 30),
    ("distilbert", 16, 128, "bf16 compile", 40),
    ("distilbert", 16, 64, "bf16 compile", 40),
    ("minilm", 16, 128, "bf16 compile", 40),
]

if __name__ == "__main__":
    end = time.time() + float(sys.argv[2] if len(sys.argv) > 2 else 600)
    with open(sys.argv[1], "w") as out:
        about = {"torch": torch.__version__, "card": torch.cuda.get_device_name(0)}
        out.write(json.dumps(about) + "\n")
        for model, batch, tokens, mode, steps in ALL:
            if time.time() > end - (35 if "compile" in mode else 8):
                continue
            row = {"model": model, "batch": batch, "tokens": tokens, "mode": mode}
            # Trainer turns it on and never off again.
            torch.set_float32_matmul_precision("highest")
            try:
                row |= measure(model, batch, tokens, mode, steps)
            except Exception as error:
                row["error"] = repr(error)[:500]
            out.write(json.dumps(row) + "\n")
            out.flush()
            print(json.dumps(row), flush=True)
            torch._dynamo.reset()
