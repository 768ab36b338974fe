import type { Run } from '../../storage/runs.ts'
import type { GpuSample } from '../run/events.ts'
import { hasEnded } from '../run/state.ts'
import { type RunView, secondsLeft } from '../run/view.ts'
import { ago, duration, secondsBetween } from './durations.ts'
import { ACCENT, button, type Card, card, container, row, text } from './layout.ts'
import { mark, person, runTitle } from './names.ts'
import { count, gibibytes, loss, percent, short } from './numbers.ts'
import { resumedLine } from './resume.ts'
import { bar, sparkline } from './sparkline.ts'
import { inlineCode, plain } from './user-text.ts'

export interface Status {
  run: Run
  view: RunView
  /** Runs that start before this one; only of a queued run. */
  ahead: number
  /** A status that is only for reading has no buttons. */
  buttons?: boolean
}

/** Where a run is, kept up to date in one message. */
export function statusCard({ run, view, ahead, buttons = true }: Status): Card {
  const ended = hasEnded(run.state)
  const accent = run.state === 'lost' ? ACCENT.warning : ended ? ACCENT.draft : ACCENT.live
  return card(
    container(
      accent,
      text(`### ${mark(run.state)} ${runTitle(run)}`, whereItIs(run, view, ahead)),
      view.plan && view.step > 0 ? text(...measures(view)) : null,
      text(...footer(run, view)),
    ),
    buttons && !ended
      ? row(
          ...(run.state === 'queued'
            ? []
            : [
                button({
                  label: 'Stop and save',
                  action: 'stop-and-save',
                  run: run.id,
                  disabled: run.stop_by !== null,
                }),
              ]),
          button({ label: 'Stop now', look: 'danger', action: 'stop-now', run: run.id }),
          ...(run.state === 'queued' ? [] : [button({ label: 'Full log', action: 'full-log', run: run.id })]),
        )
      : null,
  )
}

function whereItIs(run: Run, view: RunView, ahead: number): string {
  const total = view.plan?.total_steps ?? null
  const steps = total === null ? `step ${view.step}` : `step ${view.step}/${total} (${percent(view.step / total)})`
  switch (run.state) {
    case 'queued':
      return ahead === 0 ? 'next in the queue' : `waits for ${count(ahead, 'other run')}`
    case 'lost':
      return 'the host is silent; the run may still be working. Nothing is lost: when the host answers, this goes on.'
    case 'preparing':
      return progressLine(view) ?? plain(view.detail ?? 'preparing')
    case 'running':
    case 'evaluating':
    case 'saving': {
      const doing = run.state === 'running' ? null : (progressLine(view) ?? run.state)
      const share = total === null ? '' : `${bar(view.step / total)}\n`
      return `${share}${[steps, doing].filter((part) => part !== null).join(' · ')}`
    }
    default:
      return view.step === 0 ? `${run.state} before the first step` : `${run.state} at ${steps}`
  }
}

function progressLine(view: RunView): string | null {
  const { progress } = view
  return progress === null ? null : `${plain(progress.what, 60)} ${progress.done}/${progress.of}`
}

function measures(view: RunView): string[] {
  const last = view.logs.at(-1)
  const left = secondsLeft(view)
  const lines = []
  if (last) {
    lines.push(
      `loss ${loss(last.loss)}  ${sparkline(view.logs.map((entry) => entry.loss))}`,
      `grad_norm ${short(last.grad_norm)} · learning_rate ${short(last.learning_rate)} · epoch ${last.epoch.toFixed(2)}`,
    )
  }
  const pace = [
    view.samplesPerSecond === null ? null : `${short(view.samplesPerSecond)} samples/s`,
    view.stepMs === null ? null : `${short(view.stepMs)} ms a step`,
    view.memoryBytes === null ? null : gibibytes(view.memoryBytes),
    left === null || left < 1 ? null : `about ${duration(left)} left`,
  ].filter((part) => part !== null)
  if (pace.length > 0) lines.push(pace.join(' · '))
  const gpu = [...(view.gpu ? gpuSays(view.gpu) : []), ...kernels(view)]
  if (gpu.length > 0) lines.push(`GPU ${gpu.join(' · ')}`)
  const checkpoint = view.checkpoints.at(-1)
  if (checkpoint) lines.push(`last checkpoint ${inlineCode(checkpoint.folder.split('/').at(-1) ?? '')}`)
  return lines.length > 0 ? lines : ['-# The first numbers come with the first log row.']
}

/** `97 % · 41.2 GiB · 64 °C · 310 W`: of all programs on the card, as nvidia-smi counts. */
function gpuSays({ utilization, memory_bytes, temperature, power_watts }: GpuSample): string[] {
  return [
    utilization === null ? null : `${utilization} %`,
    memory_bytes === null ? null : gibibytes(memory_bytes),
    temperature === null ? null : `${temperature} °C`,
    power_watts === null ? null : `${Math.round(power_watts)} W`,
  ].filter((part) => part !== null)
}

/** Kernels are compiled once a machine: `55 kernels kept, 7 compiled`. */
function kernels({ compiled }: RunView): string[] {
  if (!compiled?.kernels) return []
  const { cached, compiled: made } = compiled.kernels
  return [made === 0 ? `${cached} kernels kept` : `${cached} kernels kept, ${made} compiled`]
}

function footer(run: Run, view: RunView): string[] {
  const lines = []
  if (run.stop_by !== null && !hasEnded(run.state)) {
    lines.push(`${person(run.stop_by)} asked it to stop${run.stop_how === 'now' ? ' now' : ' and save'}.`)
  }
  lines.push(...resumedLine(run, view))
  const on = view.executor ? `${plain(view.executor.name)} on ${plain(view.executor.device)}` : `on ${plain(run.host)}`
  const time =
    run.ended_at !== null && run.started_at !== null
      ? `took ${duration(secondsBetween(run.started_at, run.ended_at))}`
      : view.lastEventAt !== null
        ? `last word ${ago(view.lastEventAt)}`
        : `since ${ago(run.started_at ?? run.created_at)}`
  lines.push(`-# ${on} · ${time}`)
  return lines
}
