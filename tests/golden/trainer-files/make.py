#!/usr/bin/env python3
"""Makes the golden files beside it with transformers' own Trainer, on the CPU:  python make.py

A tiny DistilBERT (2 layers, dim 16, dropout 0) is trained for 2 epochs on 42 made-up rows and evaluated on 18, with
load_best_model_at_end and early stopping. Kept: rows.parquet as the datasets library
writes it, two small tokenizers, what Trainer writes (config.json, README.md, trainer_state.json of the end
and of a checkpoint, model.safetensors) and, in vectors.json, what torch, NumPy and datasets draw and compute.
Needs transformers 5.18.0, torch, datasets, accelerate.
"""
import json, os, random, shutil, sys, tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
import datasets, numpy as np, pyarrow.parquet, torch, transformers
from transformers import (AutoModelForSequenceClassification, DistilBertConfig, DistilBertForMaskedLM, DistilBertForSequenceClassification, EarlyStoppingCallback,
                          PreTrainedTokenizerFast, Trainer, TrainingArguments, set_seed)
from datasets import ClassLabel, Dataset, Features, Value

HERE = Path(__file__).parent
work = Path(tempfile.mkdtemp()); os.chdir(work)
r = random.Random(0)
words = "alpha beta gamma delta omega good bad fine poor great awful nice plain dull bright".split()
CORPUS = ["alpha beta gamma delta omega good bad fine poor great awful nice plain dull bright don't stop now", "a body that is a good deal longer than the sixteen tokens which are kept of it"] * 5

def wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    t.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=160, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return PreTrainedTokenizerFast(tokenizer_object=t, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]", model_max_length=32)

def bpe():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=340, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return PreTrainedTokenizerFast(tokenizer_object=t, bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>", cls_token="<s>", sep_token="</s>", mask_token="<mask>", model_max_length=32)

tok, roberta = wordpiece(), bpe()
tok.save_pretrained(HERE / "wordpiece"); roberta.save_pretrained(HERE / "bpe")

def text(label): return " ".join([r.choice(words) for _ in range(r.randint(3, 12))] + [["bad", "good"][label]] * r.randint(0, 2))
rows = [{"text": text(i % 2), "label": i % 2} for i in range(60)]
features = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
ds = Dataset.from_list(rows, features=features)
ds.to_parquet(HERE / "rows.parquet")
pyarrow.parquet.write_table(ds.data.table.slice(0, 5), HERE / "rows-zstd.parquet", compression="zstd")
enc = lambda b: tok(b["text"], truncation=True, max_length=16)
train, ev = ds.select(range(42)).map(enc, batched=True), ds.select(range(42, 60)).map(enc, batched=True)

def macro_f1(p, y, n):
    out = []
    for c in range(n):
        tp = int(((p == c) & (y == c)).sum()); fp = int(((p == c) & (y != c)).sum()); fn = int(((p != c) & (y == c)).sum())
        out.append(2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0)
    return float(np.mean(out))

def metrics(p):
    pred = p.predictions.argmax(-1)
    return {"accuracy": float((pred == p.label_ids).mean()), "f1": macro_f1(pred, p.label_ids, 2)}

set_seed(42)
config = DistilBertConfig(vocab_size=len(tok), max_position_embeddings=32, n_layers=1, n_heads=2, dim=4, hidden_dim=8, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0, pad_token_id=0)
DistilBertForMaskedLM(config).save_pretrained("base"); tok.save_pretrained("base")
set_seed(42)
model = AutoModelForSequenceClassification.from_pretrained("base", num_labels=2, id2label={0: "neg", 1: "pos"}, label2id={"neg": 0, "pos": 1})
args = TrainingArguments(output_dir="model", num_train_epochs=2, per_device_train_batch_size=8, per_device_eval_batch_size=8, learning_rate=1e-2, weight_decay=0.01, logging_steps=2,
                         eval_strategy="epoch", save_strategy="epoch", report_to="none", use_cpu=True, load_best_model_at_end=True, metric_for_best_model="accuracy", warmup_steps=1, gradient_accumulation_steps=1)
trainer = Trainer(model=model, args=args, train_dataset=train, eval_dataset=ev, processing_class=tok, compute_metrics=metrics, callbacks=[EarlyStoppingCallback(5)])
trainer.train()
trainer.save_model(); trainer.save_state()
trainer.create_model_card(dataset_tags="made-up", dataset="made-up", tasks="text-classification", finetuned_from="base")

shutil.copy("base/config.json", HERE / "base-config.json")
for name in ("config.json", "README.md", "trainer_state.json"): shutil.copy(f"model/{name}", HERE / name)
shutil.copy("model/checkpoint-6/trainer_state.json", HERE / "checkpoint-6-trainer_state.json")
with open("model/model.safetensors", "rb") as f:
    n = int.from_bytes(f.read(8), "little"); (HERE / "safetensors-header.txt").write_bytes(f.read(n))
shapes = {k: list(v.shape) for k, v in model.state_dict().items()}

def randperm(n, seed): g = torch.Generator(); g.manual_seed(seed); return torch.randperm(n, generator=g)[:10].tolist()
def normals(seed, std, shapes): torch.manual_seed(seed); return [torch.empty(*s).normal_(0, std).flatten().tolist() for s in shapes]
def draw(n, seed): return np.random.default_rng(seed).permutation(n)
def digest(a): import hashlib; return hashlib.sha256(np.asarray(a, dtype="<u4").tobytes()).hexdigest()

texts = [x["text"] for x in rows[:6]] + [
    "", " ", "[CLS] [SEP] [MASK] are special", "Ünïcödé café naïve résumé, 2002-09-01!", "\u65e5\u672c\u8a9e and English", "a" * 150 + " b", "don't  stop\tnow\r\nline two", "emoji \U0001f600 here", "x\u200by zero width",
    "Subject\n\nA body that is a good deal longer than the sixteen tokens which are kept of it, so that it is cut in the middle of the sentence.",
]
split = Dataset.from_dict({"i": list(range(25))}).train_test_split(test_size=0.2, seed=42)
truths, predictions = np.array([r.randrange(4) for _ in range(60)]), np.array([r.randrange(3) for _ in range(60)])
vectors = dict(
    versions=dict(transformers=transformers.__version__, torch=torch.__version__, numpy=np.__version__, datasets=datasets.__version__),
    shapes=shapes,
    randperm=[dict(n=n, seed=s, first=randperm(n, s)) for n, s in ((10, 0), (10, 1), (10, 42), (10, 43), (2000, 42), (25000, 42), (42, 2**32 + 5), (7, 4294967295))],
    permutation=[dict(n=n, seed=s, first=draw(n, s)[:10].tolist(), sha256=digest(draw(n, s))) for s in (0, 1, 42, 1234567, 2**32 - 1, 2**40 + 7) for n in (1, 2, 10, 872, 1000, 25000, 100003)],
    normal=[dict(seed=s, std=std, shapes=sh, values=normals(s, std, sh)) for s, std, sh in ((42, 0.02, [[16, 16], [2, 16]]), (7, 0.02, [[5, 7], [3, 7]]), (0, 1.0, [[3, 3], [1, 5], [2, 8]]))],
    rows=rows,
    shuffle=Dataset.from_dict({"i": list(range(60))}).shuffle(seed=42).select(range(10))["i"][:],
    split=dict(n=25, test_size=0.2, seed=42, train=split["train"]["i"][:], test=split["test"]["i"][:]),
    texts=texts,
    tokens={name: dict(max_length=16, ids=t(texts, truncation=True, max_length=16)["input_ids"], lengths=[len(x) for x in t(texts)["input_ids"]]) for name, t in (("wordpiece", tok), ("bpe", roberta))},
    collate=dict(ids=tok.pad({"input_ids": tok(texts[:3])["input_ids"]}, pad_to_multiple_of=8)["input_ids"]),
    f1=dict(truths=truths.tolist(), predictions=predictions.tolist(), accuracy=float((truths == predictions).mean()), macro=macro_f1(predictions, truths, 4)),
    floats=[dict(value=x, repr=repr(x)) for x in (0.0, 1.0, 2e-5, 1e-4, 0.001, 123456789.0, 1e16, 1.5e16, 33080832.0, 1e22, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -2.5e-7)],
)
(HERE / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")
print(json.dumps(vectors["versions"]))
