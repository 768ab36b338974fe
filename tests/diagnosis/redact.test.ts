import { expect, test } from 'vitest'
import { explain, firstCause } from '../../src/diagnosis/explain.ts'
import { redact } from '../../src/diagnosis/redact.ts'
import { readTexts } from './texts.ts'

/** One made-up secret of each kind, in the form in which logs carry it. Split, so that no scanner takes them for real. */
const CANARIES: Readonly<Record<string, string>> = {
  'Hugging Face': 'hf_' + 'QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi',
  'Hugging Face, organisation': 'api_org_' + 'QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi',
  OpenAI: 'sk-' + 'proj-abcDEF123456abcDEF123456abcDEF123456',
  Anthropic: 'sk-' + 'ant-api03-abcDEF123456abcDEF123456',
  'GitHub, classic': 'ghp_' + 'abcdefghijklmnopqrstuvwxyz0123456789',
  'GitHub, fine-grained': 'github_pat_' + '11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz',
  'GitHub, app': 'ghs_' + 'abcdefghijklmnopqrstuvwxyz0123456789',
  GitLab: 'glpat-' + 'abcdefghij0123456789',
  'AWS id': 'AKIA' + 'IOSFODNN7EXAMPLE',
  'AWS secret': 'wJalrXUtnFEMI/K7MDENG/' + 'bPxRfiCYEXAMPLEKEY',
  Google: 'AIza' + 'SyA1234567890abcdefghijklmnopqrstuvw',
  Slack: 'xoxb-' + '123456789012-abcdefghijkl',
  npm: 'npm_' + 'abcdefghijklmnopqrstuvwxyz0123456789',
  PyPI: 'pypi-' + 'AgEIcHlwaS5vcmcCJGFiY2RlZmdo',
  'Weights & Biases': '0123456789abcdef0123' + '456789abcdef01234567',
  'Discord, bot': 'MTk4NjIyNDgzNDcxOTI1MjQ4' + '.Cl2FMQ.' + 'ZnCjm1XVW7vRze4b7Cq4se7kKWs',
  'Discord, webhook': 'https://discord.com/api/webhooks/123456789012345678/' + 'abcdefghijklmnopqrstuvwxyz0123456789',
  bearer: 'Authorization: Bearer ' + 'abcdef0123456789.abcdef',
  'JSON web token': 'eyJhbGciOiJIUzI1NiJ9.' + 'eyJzdWIiOiIxMjM0In0.' + 'abcdefghijklm',
  'password in a URL': 'postgres://ada:' + 'correcthorse@db.lab/main',
  'token as user': 'https://' + 'oauth2tokenvalue1234567@git.lab/x.git',
  'signed URL': 'https://s3.lab/x?X-Amz-Signature=' + 'abcdef0123456789&Expires=3',
  'environment variable': 'WANDB_API_KEY=' + 'notfortyhexdigits',
  'JSON field': '{"api_key": "' + 'swordfish42"}',
  option: 'train.py --hub_token ' + 'swordfish42swordfish',
  'private key': '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----',
}
/** The secret part of each canary: it must not be left over anywhere. */
const SECRET =
  /QwErTyUiOp|abcDEF123456|abcdefghij|11ABCDEFG|IOSFODNN7|wJalrXUtn|SyA1234567|123456789012-|AgEIcHlw|456789abcdef|ZnCjm1XVW|abcdef0123456789|eyJzdWIi|correcthorse|oauth2tokenvalue|notfortyhex|swordfish|b3BlbnNza/

test.each(Object.entries(CANARIES))('%s is taken out, alone and inside a line', (_kind, canary) => {
  expect(redact(canary)).not.toMatch(SECRET)
  expect(redact(`requests.exceptions.HTTPError: 401 for ${canary} (retry 3)`)).not.toMatch(SECRET)
})

test.each(Object.entries(CANARIES))('%s is in no part of an explanation or a first cause', (_kind, canary) => {
  const line = canary.replaceAll('\n', ' ')
  const known = `RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB ${line}`
  expect(JSON.stringify(explain({ text: known }))).not.toMatch(SECRET)
  expect(
    JSON.stringify(explain({ text: `OSError: ${line} is not a local folder and is not a valid model identifier` })),
  ).not.toMatch(SECRET)
  expect(JSON.stringify(explain({ text: `ModuleNotFoundError: No module named 'torch' ${line}` }))).not.toMatch(SECRET)
  expect(JSON.stringify(firstCause(`ValueError: something nobody knows ${line}`))).not.toMatch(SECRET)
  expect(JSON.stringify(firstCause(`  File "/home/x/${line}/train.py", line 3, in f\nValueError: odd`))).not.toMatch(
    SECRET,
  )
})

test('a secret in the path of the program that failed is in no place that is told', () => {
  const folder = 'hf_' + 'QwErTyUiOpAsDfGhJkLz'
  const text = `Traceback (most recent call last):
  File "/home/${folder}/train.py", line 3, in main
RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB`
  expect(explain({ text })?.where).toBe('[hf token]/train.py:3 in main')
})

test.each(readTexts())('what stands around $slug in $file is not quoted', ({ text }) => {
  const canary = 'hf_' + 'QwErTyUiOpAsDfGhJkLz'
  const lines = text.split('\n').map((line) => `${line} ${canary}`)
  expect(JSON.stringify(explain({ text: lines.join('\n') }))).not.toMatch(SECRET)
})

test('an invisible character inside a token does not save it', () => {
  const hidden = `hf_\u200bQwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi`
  expect(JSON.stringify(explain({ text: `RuntimeError: CUDA out of memory ${hidden}` }))).not.toMatch(SECRET)
})

test('what is no secret stays', () => {
  for (const line of [
    "TypeError: SFTTrainer.__init__() got an unexpected keyword argument 'tokenizer'",
    'ValueError: Asking to pad but the tokenizer does not have a padding token. Please select a token to use as `pad_token` `(tokenizer.pad_token = tokenizer.eos_token e.g.)`',
    'https://huggingface.co/google/bert/resolve/0123456789abcdef0123456789abcdef01234567/config.json',
    'RuntimeError: size mismatch for classifier.weight: torch.Size([2, 768])',
    '/home/ada/models/checkpoint-1200/pytorch_model.bin',
  ]) {
    expect(redact(line)).toBe(line)
  }
})
