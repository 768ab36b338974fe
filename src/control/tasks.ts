import { setMaxListeners } from 'node:events'
import type { Context } from './context.ts'

const atWork = new WeakMap<Context, Map<string, Promise<void>>>()

function tasksOf(context: Context): Map<string, Promise<void>> {
  let tasks = atWork.get(context)
  if (!tasks) {
    tasks = new Map()
    atWork.set(context, tasks)
    // One listener a run is meant, not a leak.
    setMaxListeners(0, context.signal)
  }
  return tasks
}

/**
 * Runs `work` unless a task of that name is at work already; the promise is that task's, and never rejects: what goes
 * wrong is logged.
 */
export function once(context: Context, name: string, work: () => Promise<void>): Promise<void> {
  const tasks = tasksOf(context)
  const current = tasks.get(name)
  if (current) return current
  const task = work()
    .catch((error: unknown) => context.log.error({ err: error, task: name }, 'a background task failed'))
    .finally(() => tasks.delete(name))
  tasks.set(name, task)
  return task
}

/** Resolves when nothing of this context is at work any more: abort its signal first, close its database after. */
export async function idle(context: Context): Promise<void> {
  const tasks = tasksOf(context)
  while (tasks.size > 0) await Promise.all(tasks.values())
}

/** Waits, or returns at once when `signal` aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    signal.addEventListener('abort', end)
  })
}
