import { cause } from '../cause.ts'
import { command, manual, maybe, needsValue } from '../fix.ts'

export const headSize = cause({
  code: 'FT-CKPT-SIZE',
  slug: 'classifier-head-size-mismatch',
  title: 'A layer of the checkpoint has another size than the model',
  matches: [
    /size mismatch for (?<layer>\S{1,200}): copying a param with shape (?:torch\.Size\()?(?<from>\[?[\d, ]*\]?)\)? from checkpoint, the shape in current model is (?:torch\.Size\()?(?<to>\[?[\d, ]*\]?)/,
    /size mismatch for \S{1,200}/,
    /You may consider adding `?ignore_mismatched_sizes=True/i,
    /You set `?ignore_mismatched_sizes`? to `?False/i,
    /(?:Shape|shape|Size|size) mismatch.{0,120}(?:checkpoint|pretrained|state_dict|weights?).{0,80}/,
    /Trying to (?:load|set) a tensor of shape torch\.Size\((?<from>\[[\d, ]*\])\) in .{1,120} \(which has shape torch\.Size\((?<to>\[[\d, ]*\])\)/,
    /Cannot (?:assign|copy) .{0,80}shape.{0,80}checkpoint/i,
  ],
  explains: (found) => {
    const { layer, from, to } = found.groups
    const sizes =
      from === undefined || to === undefined || from === '' ? '' : ` (${from} in the checkpoint, ${to} in the model)`
    return `${layer === undefined ? 'A layer' : `\`${layer}\``} has another size${sizes}: mostly the classification head of a checkpoint trained for another number of labels, or a changed vocabulary.`
  },
  fixes: () => [
    needsValue('Build the model with the same num_labels (or config) as the checkpoint'),
    maybe(
      'To train a new head: from_pretrained(..., num_labels=N, ignore_mismatched_sizes=True), which starts that layer anew',
      { changes_result: true },
    ),
    maybe('If it is the embedding: resize_token_embeddings to the size in the checkpoint before loading'),
  ],
})

export const stateKeys = cause({
  code: 'FT-CKPT-KEYS',
  slug: 'state-dict-keys-mismatch',
  title: "The checkpoint's parameter names do not fit the model",
  tier: 'general',
  matches: [
    /Missing key\(s\) in state_dict/,
    /Unexpected key\(s\) in state_dict/,
    /Error\(s\) in loading state_dict for/,
    /(?:Missing|missing|Unexpected|unexpected) keys? .{0,80}(?:in|when loading) (?:the )?(?:source )?state[_ ]dict/,
    /KeyError: ['"](?:state_dict|model_state_dict|model|module\.\S{1,120}|\S{1,120}\.(?:weight|bias))['"]/,
    /loaded state dict (?:contains a parameter group that doesn't match|has a different number of parameter groups)/i,
  ],
  explains: (found) => {
    const text = [found.line.text, ...found.below(6)].join('\n')
    const prefix = /"(module\.|model\.|_orig_mod\.|base_model\.model\.)/.exec(text)?.[1]
    return `The names in the file and in the model differ${prefix === undefined ? '' : ` (some begin with \`${prefix}\`)`}: another architecture or version, or a wrapper (DataParallel, torch.compile, PEFT) that adds a prefix.`
  },
  fixes: () => [
    manual('Build the same architecture (class, config and library version) that saved the checkpoint'),
    manual('Or rename the keys: strip the prefix (module., _orig_mod.) before load_state_dict'),
    maybe('Or load what fits with strict=False, and look at what it reports', { changes_result: true }),
  ],
})

export const noCheckpoint = cause({
  code: 'FT-CKPT-RESUME',
  slug: 'no-valid-checkpoint-to-resume',
  title: 'There is no complete checkpoint to resume from',
  matches: [
    /Can't find a valid checkpoint at (?<path>.{1,200})/,
    /No valid checkpoint found in output directory/i,
    /(?:trainer_state\.json|optimizer\.pt|scheduler\.pt|rng_state\S{0,12}\.pth|optimizer_states?)['"]?.{0,60}(?:No such file|not found|does not exist|missing)/i,
    /(?:No such file or directory|not found|does not exist): ?'?[^'\n]{0,300}(?:trainer_state\.json|optimizer\.pt|scheduler\.pt|rng_state|training_args\.bin)/i,
    /(?:Unable to find|Couldn't find|could not find) (?:latest|any|a) (?:file|checkpoint).{0,120}|global_step\d+.{0,80}(?:not found|does not exist)/i,
    /(?:resume_from_checkpoint|checkpoint).{0,80}(?:is not a valid|not a valid) (?:checkpoint|path|folder|directory)/i,
    /No checkpoint (?:found|available)|checkpoint .{1,160} (?:is incomplete|does not exist|not found)/i,
  ],
  when: (found) => !/tensorflow|\.ckpt\b|adapter/i.test(found.line.text),
  explains: (found) =>
    `Resuming needs the weights and also trainer_state.json, optimizer and scheduler${found.groups['path'] === undefined ? '' : `; ${found.groups['path'].trim()} lacks some of them`}. The folder is wrong, was saved with save_only_model, or was cut off while being written.`,
  fixes: () => [
    needsValue(
      'Point resume_from_checkpoint at a complete checkpoint-N folder (an earlier one, if the last is cut off)',
    ),
    manual('Or start fresh: leave resume_from_checkpoint out'),
    manual('For the next run save full checkpoints: save_only_model=False'),
  ],
})

export const weightsOnly = cause({
  code: 'FT-CKPT-WEIGHTS-ONLY',
  slug: 'torch-load-weights-only',
  title: 'torch.load refuses a file with more than tensors in it',
  matches: [
    /Weights only load failed/i,
    /In PyTorch 2\.6, we changed the default value of the `?weights_only`? argument/i,
    /Unsupported (?:global|class|operand).{0,120}(?:was not an allowed global by default|weights_only)/i,
    /was not an allowed global by default/i,
    /weights_only ?= ?False|torch\.serialization\.add_safe_globals/,
    /upgrade torch to at least v2\.6 in order to use the function|vulnerability issue in `?torch\.load/i,
  ],
  when: (found) => !/FutureWarning/.test(found.line.text),
  explains: () =>
    'Since torch 2.6 torch.load reads only tensors by default (weights_only=True), since a pickled object could run code; this file holds other objects, such as rng states or a whole model.',
  fixes: () => [
    manual('For a file you trust: torch.load(path, weights_only=False)'),
    manual('Or allow the class that the message names: torch.serialization.add_safe_globals([...])'),
    command(
      'Or upgrade transformers/accelerate, whose newer versions do this themselves',
      'pip install -U transformers accelerate',
    ),
  ],
})

export const safetensorsHeader = cause({
  code: 'FT-CKPT-SAFETENSORS',
  slug: 'safetensors-header-corrupt',
  title: 'The weights file is incomplete, or only a Git LFS pointer',
  matches: [
    /Error while deserializing header: ?(?<why>\w+)?/i,
    /SafetensorError: (?<why>.{1,80})/,
    /(?:HeaderTooLarge|HeaderTooSmall|InvalidHeader(?:Deserialization|Length|Start)|MetadataIncompleteBuffer|InvalidOffset)/,
    /invalid load key, '(?:v|\\x[0-9a-f]{2}|<|.)'/,
    /PytorchStreamReader failed (?:reading zip archive|finding central directory|reading file)/i,
    /unpickling stack underflow|(?:pickle data was truncated|unexpected EOF, expected \d+ more bytes)/i,
    /Unable to load weights from (?:pytorch|safetensors|.{0,20}) ?(?:checkpoint )?file for/i,
    /You seem to have cloned a repository without having git-lfs installed/i,
    /file is incomplete|The safetensors archive passed at .{1,200} does not contain the valid metadata/i,
    /Not an HDF5 file|Unable to (?:synchronously )?open file \((?:file signature not found|truncated file)/i,
  ],
  when: (found) => !/while serializing|No space left/.test(found.line.text),
  explains: (found) =>
    `The file does not begin as weights must${found.groups['why'] === undefined ? '' : ` (${found.groups['why'].trim()})`}: the download was cut off (a full disk), or git cloned only the small LFS pointer.`,
  fixes: () => [
    command('Delete the file and download it again, with enough disk space', 'hf download REPO --force-download'),
    command('In a git clone fetch the real files', 'git lfs install && git lfs pull'),
  ],
})

export const adapterFiles = cause({
  code: 'FT-CKPT-ADAPTER',
  slug: 'adapter-files-missing',
  title: 'The path holds no LoRA adapter',
  matches: [
    /Can't find ['"]?adapter_config\.json['"]? at ['"]?(?<path>[^'"]{1,200})/i,
    /(?:does not|doesn't) contain (?:a |the )?(?:LoRA|adapter) weights?/i,
    /(?:adapter_model\.(?:bin|safetensors)|adapter_config\.json).{0,120}(?:not found|No such file|does not exist|missing|couldn't be found)/i,
    /(?:not found|No such file or directory|Can't find weights for).{0,200}adapter_(?:model|config)/i,
    /Can't find weights for (?<path>\S{1,200}) in/i,
    /Please check that the file adapter_model\.\w+ .{0,60}is present/i,
    /(?:No|no) (?:LoRA|PEFT|peft|lora) adapter (?:found|weights found)/,
    /Entry Not Found for url: \S{0,300}adapter_config\.json/,
  ],
  explains: (found) =>
    `PEFT looks for adapter_config.json and adapter_model.safetensors${found.groups['path'] === undefined ? '' : ` in ${found.groups['path']}`}, and they are not there: it is a full model, a parent folder, or the wrong path.`,
  fixes: () => [
    needsValue('Give the folder that PEFT saved (the one with adapter_config.json, often output/checkpoint-N)'),
    manual('If it is a full model and no LoRA adapter, load it with AutoModel instead of PeftModel'),
  ],
})
