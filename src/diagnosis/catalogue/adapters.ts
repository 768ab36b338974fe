import { cause } from '../cause.ts'
import { manual, maybe, needsValue } from '../fix.ts'

export const loraTargets = cause({
  code: 'FT-LORA-TARGETS',
  slug: 'lora-target-modules-not-found',
  title: 'The LoRA target modules do not exist in this model',
  matches: [
    /Target modules? (?<names>.{1,300}?) not found in the base model/i,
    /Please specify `?target_modules`? in `?peft_config/i,
    /No (?:modules were targeted for adaptation|target modules? (?:found|matched))/i,
    /Target module .{1,200} is not supported/i,
    /target_modules.{0,80}(?:not found|do(?:es)? not (?:exist|match)|didn't match)/i,
  ],
  explains: (found) =>
    `LoRA attaches to layers by name, and ${found.groups['names'] ?? 'the names given'} are not in this architecture (GPT-2 has c_attn, Falcon and GPT-NeoX query_key_value, BERT query and value).`,
  fixes: () => [
    manual('Use target_modules="all-linear", which fits every architecture'),
    needsValue('Or list the names and pick from them', {
      command:
        'python -c "from transformers import AutoModel; print([n for n, _ in AutoModel.from_pretrained(\'MODEL\').named_modules()])"',
    }),
  ],
})

export const quantizedNeedsAdapters = cause({
  code: 'FT-QUANT-TRAIN',
  slug: 'quantized-needs-adapters',
  title: 'A quantized model cannot be trained by itself',
  matches: [
    /cannot perform fine-tuning on purely quantized models/i,
    /(?:model you are trying to fine-tune is|model is) quantized with .{1,60}(?:but that quantization method do(?:es)? not support training|do(?:es)? not support training)/i,
    /(?:attach|add) trainable adapters on top of the quantized model/i,
    /training (?:of )?(?:a )?(?:8-bit|4-bit|int8|quantized) models? .{0,60}(?:not supported|unsupported)/i,
    /The model you want to train is loaded in 8-bit precision.{0,120}/i,
    /only Tensors of floating point(?: and complex)? dtype can require gradients/i,
    /element 0 of tensors does not require grad and does not have a grad_fn/i,
  ],
  when: (found, log) =>
    !/floating point|element 0/.test(found.line.text) ||
    /load_in_[48]bit|bitsandbytes|quantiz|BitsAndBytes|4bit|8bit|gptq|awq/i.test(log.text),
  explains: () =>
    'The weights of a 4-bit or 8-bit model are packed integers without gradients; only layers beside them can learn.',
  fixes: () => [
    manual(
      'Attach LoRA adapters: get_peft_model(prepare_model_for_kbit_training(model), LoraConfig(...)), or peft_config= of the trainer',
    ),
    maybe('Or load the model unquantized', { cost: 'four times the memory' }),
  ],
})

export const evaluateFormat = cause({
  code: 'FT-EVAL-FORMAT',
  slug: 'evaluate-format-mismatch',
  title: 'The metric got predictions or references in another form than it expects',
  matches: [
    /(?:references|inputs) don't match the expected format/i,
    /Got a string but expected a list instead/i,
    /Classification metrics can't handle a mix of (?<mix>.{1,80}) targets/i,
    /(?:multiclass|multilabel|continuous|binary)[\w-]{0,20}(?: format)? is not supported/i,
    /Mismatch in the number of predictions \(\d+\) and references/i,
    /Evaluation module inputs are missing|(?:Expected|expected) (?:format|features).{0,80}predictions/i,
    /only (?:size-1|length-1|0-dimensional) arrays can be converted to Python scalars/i,
    /You appear to be using a legacy multi-label data representation|y_true and y_pred have different number of output/i,
  ],
  when: (found) =>
    !/only (?:size|length)|is not supported/.test(found.line.text) ||
    found.above(60).some((line) => /compute_metrics|evaluate[\\/]|metric|sklearn/.test(line)),
  explains: (found) =>
    `The metric wants class ids or plain strings, and got something else${found.groups['mix'] === undefined ? '' : ` (${found.groups['mix']})`}: mostly raw logits, a tuple of outputs, or nested lists.`,
  fixes: () => [
    manual(
      'Pass class ids: predictions = np.argmax(logits, axis=-1) (take logits[0] first when the model returns a tuple)',
    ),
    manual(
      'For text metrics pass plain strings of matching shape and type: decode ids, replace -100 by the pad id first',
    ),
  ],
})

export const averageBinary = cause({
  code: 'FT-EVAL-AVERAGE',
  slug: 'multiclass-average-binary',
  title: 'The metric averages for two classes, and there are more',
  matches: [
    /Target is multiclass but average='binary'/i,
    /Please choose another average setting/i,
    /multi_class must be in \('ovo', 'ovr'\)/,
    /pos_label=1 is not a valid label|Target is multilabel-indicator but average='binary'/i,
  ],
  explains: () =>
    "Precision, recall and F1 are computed with average='binary' by default, which has no meaning for more than two classes.",
  fixes: () => [
    manual(
      "Pass average='macro' (every class counts alike), 'micro' or 'weighted': metric.compute(predictions=…, references=…, average='macro')",
    ),
  ],
})
