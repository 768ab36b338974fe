import { fileURLToPath } from 'node:url'
import { listRuns } from '../../storage/runs.ts'
import { draftRun } from '../../src/control/draft/draft.ts'
import { launchRun } from '../../src/control/run/launch.ts'
import { openWorld } from '../bot/world.ts'
import { type Measured, quantile } from './measured.ts'

const TICKING = fileURLToPath(new URL('../fixtures/train-ticking.sh', import.meta.url))
const RUNS = 50
const ROUNDS = 40

/**
 * How soon an interaction is acknowledged while fifty runs tell their story: Discord, the bot and its record in this one
 * process, so that the figure is an upper bound for a bot that has a process to itself.
 */
export async function botBench(): Promise<Measured[]> {
  const world = await openWorld({
    engineCommand: { command: 'sh', args: [TICKING] },
    config: { FINETUNE_MAX_RUNS: String(RUNS), FINETUNE_EDIT_INTERVAL_MS: '1500' },
  })
  try {
    const { discord, context } = world
    const { guild, training, alice } = discord.ids
    for (let run = 0; run < RUNS; run += 1) {
      const { id } = draftRun(context, {
        model: 'builtin/encoder',
        dataset: 'builtin/emails',
        args: {},
        guild_id: guild,
        channel_id: training,
        created_by: alice,
      })
      await launchRun(context, { id, actor: alice })
    }
    const live = () => listRuns(context.database, { states: ['running'], limit: 100 }).length
    while (live() < RUNS) await new Promise((resume) => setTimeout(resume, 100))

    discord.log.clear()
    const person = discord.as('alice')
    for (let round = 0; round < ROUNDS; round += 1) {
      await person.command('finetune status', {})
      await person.command('finetune list', {})
      await person.command('finetune show', { run: String(1 + (round % RUNS)) })
      await person.autocomplete('finetune show', { run: '' }, 'run')
      await person.command('finetune start', { dataset: 'tiny.csv' })
    }
    const latencies = discord.log.acks.map(({ latencyMs }) => latencyMs)
    const p99 = quantile(latencies, 0.99)
    return [
      {
        what: `acknowledged with ${live()} live runs (${latencies.length} interactions)`,
        measured: `p50 ${quantile(latencies, 0.5).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, worst ${Math.max(...latencies).toFixed(0)} ms`,
        bar: 'p99 < 100 ms',
        met: p99 < 100,
      },
    ]
  } finally {
    await world.clear()
  }
}
