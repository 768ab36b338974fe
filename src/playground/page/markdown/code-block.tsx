import { CopyButton } from '../copy-button.tsx'

/** A fenced block. Long lines break, as they do in Discord. `tabIndex` brings the copy button up on a phone. */
export function CodeBlock({ language, code }: { language: string; code: string }) {
  return (
    <div class="code-block">
      <CopyButton text={code} label="Copy code" />
      <pre tabIndex={0} aria-label={language ? `${language} code` : 'code'}>
        {language === 'ansi' ? <AnsiText text={code} /> : language === 'diff' ? <DiffText text={code} /> : code}
      </pre>
    </div>
  )
}

function DiffText({ text }: { text: string }) {
  const kinds: Record<string, string> = { '+': 'diff-added', '-': 'diff-removed', '@': 'diff-place' }
  return (
    <>
      {text.split('\n').map((line, index) => (
        <span key={index} class={kinds[line[0] ?? ''] ?? ''}>
          {line}
          {'\n'}
        </span>
      ))}
    </>
  )
}

/** The colours and weights that Discord knows in an `ansi` block: codes 0, 1, 4, 30-37 and 40-47. */
function AnsiText({ text }: { text: string }) {
  let style: string[] = []
  return (
    <>
      {text.split(/\u001b\[([\d;]*)m/).map((piece, index) => {
        if (index % 2 === 0)
          return (
            <span key={index} class={style.join(' ')}>
              {piece}
            </span>
          )
        for (const code of piece.split(';')) style = code === '' || code === '0' ? [] : [...style, `ansi-${code}`]
        return null
      })}
    </>
  )
}
