"""Makes left.json beside this file: the texts of ../trainer-files/vectors.json cut at their beginning by transformers.

    python tests/golden/truncation/make.py        # made with transformers 5.18.0, tokenizers 0.23.3
"""
import json
from pathlib import Path

from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).parent
FILES = HERE.parent / 'trainer-files'
vectors = json.loads((FILES / 'vectors.json').read_text())
made = {}
for kind, tokens in vectors['tokens'].items():
    tokenizer = PreTrainedTokenizerFast.from_pretrained(FILES / kind, truncation_side='left')
    right = PreTrainedTokenizerFast.from_pretrained(FILES / kind)
    length = tokens['max_length']
    cut = lambda tokenizer: [tokenizer(text, truncation=True, max_length=length)['input_ids'] for text in vectors['texts']]
    assert cut(right) == tokens['ids'], kind
    made[kind] = dict(max_length=length, ids=cut(tokenizer))
(HERE / 'left.json').write_text(json.dumps(made) + '\n')
