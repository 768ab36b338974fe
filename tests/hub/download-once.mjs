// Downloads one file of one repository into a cache, and says so: `download-once.mjs HUB CACHE NAME`.
import { register } from 'tsx/esm/api'

register()
const { downloadSnapshot } = await import('../../src/hub/download.ts')
const { listTree } = await import('../../src/hub/tree.ts')
const [, , hubUrl, cacheFolder, name] = process.argv
const { sha: commit } = await (await fetch(`${hubUrl}/api/models/${name}?expand=sha`)).json()
const files = await listTree({ hubUrl, type: 'model', name, revision: commit })
const progress = ({ bytes }) => console.log(`at ${bytes.done}`)
const { fetched } = await downloadSnapshot({ hubUrl, cacheFolder, type: 'model', name, commit, files, progress })
console.log(`fetched ${fetched}`)
