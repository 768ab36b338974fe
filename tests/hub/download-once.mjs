// Downloads one file of one repository into a cache, and says so: `download-once.mjs HUB CACHE NAME`.
import { register } from 'tsx/esm/api'

register()
const { downloadSnapshot } = await import('../../src/hub/download.ts')
const { listTree } = await import('../../src/hub/tree.ts')
const [, , hubUrl, cacheFolder, name] = process.argv
const { sha: commit } = await (await fetch(`${hubUrl}/api/models/${name}?expand=sha`)).json()
const files = await listTree({ hubUrl, type: 'model', name, revision: commit })
console.log('begun')
const { fetched } = await downloadSnapshot({ hubUrl, cacheFolder, type: 'model', name, commit, files, ref: 'main' })
console.log(`fetched ${fetched}`)
