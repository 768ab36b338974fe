import { createRequire } from 'node:module'
import type BetterSqlite3 from 'better-sqlite3'

export type Database = BetterSqlite3.Database

/** Node 20 is the last one that version 13 does not run in; npm leaves it out there. */
const HAS_13 = Number.parseInt(process.versions.node, 10) >= 22

/**
 * better-sqlite3, the version for this Node. Since Node 24.19 version 12 ends the process (`Assertion failed: (env) !=
 * nullptr`) when one of its statements is collected: it is built on Node's ObjectWrap. 13 is built on Node-API.
 */
export const Sqlite = createRequire(import.meta.url)(
  HAS_13 ? 'better-sqlite3-13' : 'better-sqlite3',
) as typeof BetterSqlite3
