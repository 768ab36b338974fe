import { render } from 'preact'
import { App } from './app.tsx'

const root = document.getElementById('page')
if (!root) throw new Error('page.html has no element with the id "page"')
render(<App />, root)
