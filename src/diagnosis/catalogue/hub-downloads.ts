import { cause } from '../cause.ts'
import { manual, maybe, needsValue } from '../fix.ts'

/** What only the engine meets: it downloads by itself, and says what went wrong. */

export const hubDown = cause({
  code: 'FT-HUB-DOWN',
  slug: 'hub-down',
  title: 'The Hub has a problem of its own',
  matches: [],
  engine: ['hub-unavailable', 'hub-refused', 'hub-not-understood'],
  explains: (found) => found.line.message,
  fixes: () => [manual('Run again in a few minutes: what was downloaded is kept')],
})

export const hubCut = cause({
  code: 'FT-HUB-CUT',
  slug: 'hub-download-cut',
  title: 'The download from the Hub did not come whole',
  matches: [],
  engine: ['hub-cut', 'hub-corrupt'],
  explains: (found) => found.line.message,
  fixes: () => [
    manual('Run again: the download goes on where it ended, and nothing damaged is ever used'),
    maybe('Bring it into the cache over a steadier line, and run again', { command: 'hf download NAME' }),
  ],
})

export const hubForbidden = cause({
  code: 'FT-HUB-FORBIDDEN',
  slug: 'hub-forbidden',
  title: 'The token may not read that repository',
  matches: [],
  engine: ['hub-forbidden'],
  explains: (found) => found.line.message,
  fixes: () => [needsValue('Or take a model or dataset that everybody may read', { changes_result: true })],
})

export const hubDisabled = cause({
  code: 'FT-HUB-DISABLED',
  slug: 'hub-disabled',
  title: 'The Hub has switched off access to that repository',
  matches: [],
  engine: ['hub-disabled'],
  explains: (found) => found.line.message,
  fixes: () => [needsValue('Take another model or dataset', { changes_result: true })],
})

export const modelUnsupported = cause({
  code: 'FT-MODEL-UNSUPPORTED',
  slug: 'model-unsupported',
  title: 'A model of this kind, or in this form, is not trained here',
  matches: [],
  engine: ['model-unsupported'],
  explains: (found) => found.line.message,
  fixes: () => [
    needsValue(
      'Take a DistilBERT, BERT, RoBERTa, ELECTRA or MPNet checkpoint with model.safetensors and tokenizer.json',
      {
        changes_result: true,
      },
    ),
  ],
})
