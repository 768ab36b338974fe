import { BUILTIN_EMAILS, BUILTIN_ENCODER } from '../builtin/known.ts'
import { ACCENT, type Card, card, container, separator, text } from './layout.ts'

/** What people can do here, and what to type first. */
export function helpCard(commands: readonly { name: string; description: string }[]): Card {
  return card(
    container(
      ACCENT.live,
      text(
        '### Fine-tune a model, together',
        `Try \`/finetune start model:${BUILTIN_ENCODER} dataset:${BUILTIN_EMAILS}\`, press **Launch**, and follow it in its thread.`,
      ),
      separator(),
      text(...commands.map(({ name, description }) => `\`/finetune ${name}\` ${description}`)),
      separator(),
      text(
        '`args` takes a free line: `lr 3e-5, 3 epochs, batch 32`. Names are those of transformers; old ones are understood and said.',
        'Models and datasets of the Hub go by their names: `model:distilbert-base-uncased dataset:imdb`, and `@` with a commit behind them where it must be that one.',
        'Your own data: a CSV, JSONL or Parquet file in the datasets folder of the host, with a column of texts and one of labels.',
        'An error text in a message: open its menu, *Apps*, *Explain this error*.',
      ),
    ),
  )
}
