"""Makes the golden run beside this file, from a CSV file to the last log row, as a person would write it for transformers:
the rows that datasets splits, shuffles and selects, a tokenizer, a new head, Trainer. Dropout 0.

    python tests/golden/whole-run/make.py        # run.json says with what it was last made
"""
import csv, json, random, shutil, sys, tempfile
from pathlib import Path

import datasets, numpy, torch, transformers
from datasets import load_dataset
from transformers import (AutoModelForSequenceClassification, DataCollatorWithPadding, DistilBertConfig, DistilBertModel,
                          PreTrainedTokenizerFast, Trainer, TrainingArguments, set_seed)

HERE = Path(__file__).parent
TOKENIZER = HERE.parent / 'trainer-files' / 'wordpiece'
WORDS = json.loads((HERE.parent / 'trainer-files' / 'vectors.json').read_text())['texts'][0].split()
SHUFFLE_SEED, TEST_SIZE, MAX_LENGTH, TRAIN_ROWS, EVAL_ROWS = 7, 0.3, 12, 40, 20
ARGS = dict(seed=11, data_seed=5, learning_rate=5e-3, max_steps=14, per_device_train_batch_size=8, per_device_eval_batch_size=8,
            weight_decay=0.05, adam_beta1=0.8, adam_beta2=0.95, adam_epsilon=1e-6, max_grad_norm=0.5, warmup_steps=0.2,
            lr_scheduler_type='polynomial', logging_steps=1, eval_strategy='steps', eval_steps=3, eval_on_start=True,
            save_strategy='steps', save_steps=3, load_best_model_at_end=True, metric_for_best_model='f1')


def write_rows(path):
    r = random.Random(3)
    with path.open('w', newline='') as file:
        out = csv.writer(file)
        out.writerow(['text', 'label'])
        for i in range(90):
            label = r.choice(['neg', 'pos', 'mixed'])
            words = [r.choice(WORDS) for _ in range(r.randint(2, 9))] + [dict(neg='no', pos='yes', mixed='or')[label]]
            r.shuffle(words)
            out.writerow([' '.join(words), label])


def measure(prediction):
    said, true = prediction.predictions.argmax(-1), prediction.label_ids
    def f1(label):
        right = ((said == label) & (true == label)).sum()
        return 2 * right / ((said == label).sum() + (true == label).sum())
    seen = sorted(set(said) | set(true))
    return dict(accuracy=float((said == true).mean()), f1=float(numpy.mean([f1(label) for label in seen])))


torch.set_num_threads(1)
write_rows(HERE / 'rows.csv')
tokenizer = PreTrainedTokenizerFast.from_pretrained(TOKENIZER)
set_seed(1)
base = DistilBertModel(DistilBertConfig(
    vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id, max_position_embeddings=32, n_layers=2, n_heads=2, dim=16,
    hidden_dim=32, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0, initializer_range=0.3))
shutil.rmtree(HERE / 'model', ignore_errors=True)
base.save_pretrained(HERE / 'model')

with tempfile.TemporaryDirectory() as out:
    rows = load_dataset('csv', data_files=str(HERE / 'rows.csv'), cache_dir=out)['train']
    names = sorted(set(rows['label']))
    data = rows.train_test_split(test_size=TEST_SIZE, seed=SHUFFLE_SEED).shuffle(seed=SHUFFLE_SEED)
    train, test = data['train'].select(range(TRAIN_ROWS)), data['test'].select(range(EVAL_ROWS))
    texts = test['text']
    prepare = lambda row: dict(tokenizer(row['text'], truncation=True, max_length=MAX_LENGTH), labels=names.index(row['label']))
    train, test = (part.map(prepare, remove_columns=['text', 'label']) for part in (train, test))

    set_seed(ARGS['seed'])
    model = AutoModelForSequenceClassification.from_pretrained(HERE / 'model', num_labels=len(names))
    trainer = Trainer(
        model=model, train_dataset=train, eval_dataset=test, compute_metrics=measure, processing_class=tokenizer,
        data_collator=DataCollatorWithPadding(tokenizer, pad_to_multiple_of=4),
        args=TrainingArguments(output_dir=out, use_cpu=True, report_to='none', disable_tqdm=True, **ARGS))
    trainer.train()
    logits = trainer.predict(test).predictions.tolist()
    # A model that is asked later reads texts whole.
    whole = [i for i, row in enumerate(test) if len(row['input_ids']) < MAX_LENGTH]
    made = dict(
        args={**ARGS, 'shuffle_seed': SHUFFLE_SEED, 'test_size': TEST_SIZE, 'max_length': MAX_LENGTH, 'pad_to_multiple_of': 4,
              'max_train_samples': TRAIN_ROWS, 'max_eval_samples': EVAL_ROWS},
        texts=[texts[i] for i in whole], labels=names, logits=[logits[i] for i in whole],
        best_step=trainer.state.best_global_step, log=trainer.state.log_history,
        versions=dict(python=sys.version.split()[0], torch=torch.__version__, transformers=transformers.__version__,
                      datasets=datasets.__version__, numpy=numpy.__version__))
(HERE / 'run.json').write_text(json.dumps(made) + '\n')
(HERE / 'model' / 'generation_config.json').unlink(missing_ok=True)
for row in made['log']:
    print({key: value for key, value in row.items() if key in ('loss', 'grad_norm', 'learning_rate', 'eval_loss', 'eval_f1', 'step')})
print('best', made['best_step'])
