import type { UploadedFile } from '../protocol.ts'

/** A file that a person chose, as the protocol carries it. */
export function readUpload(file: File): Promise<UploadedFile> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve({ name: file.name, url: reader.result as string }))
    reader.addEventListener('error', () => reject(reader.error ?? new Error(`${file.name} could not be read`)))
    reader.readAsDataURL(file)
  })
}
