import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { environment } from './cli/environment.ts'
import { readConfig } from './config.ts'
import { VERSION } from './run/version.ts'
import { UserError } from './user-error.ts'

/** Exit codes of every subcommand; those of `train` are in src/engine/exit-codes.ts. */
const EXIT = { usage: 64, failed: 1 } as const

const port = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgumentError('Expected a port from 0 to 65535; 0 picks a free one.')
  }
  return value
}

const json = new Option('--json', 'print one JSON object, for programs')

/** Each subcommand imports its part only when it runs: `train` must reach its first step quickly. */
const program = new Command('finetune')
  .description(
    'Fine-tune models from Discord: start a run in chat, follow it in its thread, review it where it stands.',
  )
  .version(VERSION)
  .showHelpAfterError('Run `finetune --help`, or `finetune help <command>`.')
  .exitOverride()

program
  .command('demo')
  .description('A local Discord and the bot on this machine: no account, no GPU, nothing leaves the machine')
  .addOption(new Option('--port <number>', 'port of the chat page').argParser(port).default(8642))
  .addOption(json)
  .action(async (options: { port: number; json?: true }) => {
    const { demo } = await import('./cli/demo.ts')
    await demo({ env: environment(), port: options.port, json: options.json ?? false })
  })

program
  .command('bot')
  .description('The bot, on the Discord that DISCORD_TOKEN belongs to')
  .action(async () => {
    const { bot } = await import('./cli/bot.ts')
    await bot({ config: readConfig(environment()) })
  })

program
  .command('playground')
  .description('The local Discord alone; prints what a bot needs to connect to it')
  .addOption(new Option('--port <number>', 'port of the chat page').argParser(port).default(8642))
  .addOption(json)
  .action(async (options: { port: number; json?: true }) => {
    const { playground } = await import('./cli/playground.ts')
    await playground({ port: options.port, json: options.json ?? false })
  })

program
  .command('hub')
  .description('A local Hub alone: small stand-ins for distilbert-base-uncased and imdb, and things that go wrong')
  .addOption(new Option('--port <number>', 'port of the Hub').argParser(port).default(8643))
  .addOption(json)
  .action(async (options: { port: number; json?: true }) => {
    const { hub } = await import('./cli/hub.ts')
    await hub({ env: environment(), port: options.port, json: options.json ?? false })
  })

program
  .command('train')
  .description('The engine: do what RUN_DIR/run.json says, tell RUN_DIR/events.jsonl, leave RUN_DIR/model')
  .argument('<RUN_DIR>', 'a run folder (docs/run-folder.md)')
  .addHelpText('after', '\nExit codes are listed in docs/run-folder.md. SIGTERM stops the run and saves it.')
  .action(async (folder: string) => {
    const { train } = await import('./engine/train.ts')
    process.exitCode = await train({ folder })
  })

program
  .command('explain')
  .description('What an error text means and what mends it; the text comes on stdin')
  .addOption(json)
  .option('--jsonl', 'read {"id","text"} lines, write one answer a line')
  .addHelpText(
    'after',
    '\nExample:\n  python train.py 2>&1 | finetune explain\n\nExits with 1 when the cause is not known.',
  )
  .action(async (options: { json?: true; jsonl?: true }) => {
    const { explainInput } = await import('./cli/explain.ts')
    process.exitCode = await explainInput({ form: options.jsonl ? 'jsonl' : options.json ? 'json' : 'text' })
  })

program
  .command('doctor')
  .description('What works on this machine, what is missing, and the command that mends it')
  .addOption(json)
  .action(async (options: { json?: true }) => {
    const { doctor } = await import('./cli/doctor.ts')
    process.exitCode = await doctor({ config: readConfig(environment()), json: options.json ?? false })
  })

program
  .command('register')
  .description('Tell Discord the slash commands now (the bot does it by itself when they have changed)')
  .addOption(new Option('--guild <id>', 'one server only, where they appear at once'))
  .addOption(json)
  .action(async (options: { guild?: string; json?: true }) => {
    const { register } = await import('./cli/register.ts')
    await register({ config: readConfig(environment()), guild: options.guild ?? null, json: options.json ?? false })
  })

// Whoever reads may have heard enough (`finetune --help | head -3`); a run or a bot goes on without them.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage
  } else if (error instanceof UserError) {
    process.stderr.write(`${error.text}\n`)
    process.exitCode = EXIT.failed
  } else {
    throw error
  }
}
