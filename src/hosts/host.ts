/** What became of an engine, as the host can tell without the bot's memory. */
export type Fate =
  | { is: 'not-started' }
  | { is: 'running'; pid: number; startedAt: string }
  /** `code` is null when a signal ended it. */
  | { is: 'ended'; code: number | null; signal: string | null; at: string }
  /** Nothing lives and nobody wrote down how it ended: the machine went away under it. */
  | { is: 'vanished' }

/** A place where engines run. A host is owned by its run folders, never by the bot's process: both may come and go. */
export interface Host {
  /** As people name it in `/finetune start host:`. */
  readonly name: string

  /** Makes the run folder and writes `files` into it (name → content); an existing file of that name is kept. */
  prepare(options: { folder: string; files: Readonly<Record<string, string>> }): Promise<void>

  /**
   * Starts the engine on a prepared folder, detached from this process. The same launch twice starts once; another
   * launch while one lives throws UserError. `env` is added to the engine's environment, or taken out of it where
   * undefined; it may hold secrets, so it goes into no file and onto no command line.
   */
  start(options: { folder: string; launch: string; env?: Readonly<Record<string, string | undefined>> }): Promise<void>

  fate(options: { folder: string }): Promise<Fate>

  /**
   * Bytes of a file of the folder from `offset`, as they are appended, until `signal` aborts. A file that is not there
   * yet is waited for. Yields whole chunks as read: the caller cuts lines.
   */
  follow(options: { folder: string; file: string; offset: number; signal: AbortSignal }): AsyncIterable<Uint8Array>

  /** What a file of the folder holds from `offset` on right now, in chunks; nothing when there is no such file. */
  read(options: { folder: string; file: string; offset: number }): AsyncIterable<Uint8Array>

  /** The last `bytes` of a file of the folder as text; empty when there is no such file. */
  tail(options: { folder: string; file: string; bytes: number }): Promise<string>

  /** Puts a file into the folder, in one rename. */
  write(options: { folder: string; file: string; content: string }): Promise<void>

  /** Sends a signal to the engine's whole process group; false when nothing lives there. */
  signal(options: { folder: string; signal: 'SIGTERM' | 'SIGKILL' }): Promise<boolean>
}
