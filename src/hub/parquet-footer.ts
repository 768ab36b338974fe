import { type AsyncBuffer, asyncBufferFromFile, type FileMetaData, parquetMetadataAsync } from 'hyparquet'
import type { Access } from './endpoint.ts'
import { filePath, type RemoteFile } from './repository.ts'
import { hubRequest } from './request.ts'

/** The footer of a Parquet file on the Hub: one or two requests of some kB, whatever its size. Throws HubError. */
export async function footerOfHub({
  name,
  revision,
  file,
  ...access
}: Access & { name: string; revision: string; file: RemoteFile }): Promise<FileMetaData> {
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: async (start, end = file.size) => {
      const response = await hubRequest({
        ...access,
        url: filePath({ type: 'dataset', name, revision, path: file.path }),
        subject: { type: 'dataset', name },
        headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity' },
      })
      const bytes = await response.arrayBuffer()
      return response.status === 206 ? bytes : bytes.slice(start, end)
    },
  }
  return parquetMetadataAsync(buffer)
}

export async function footerOfFile(path: string): Promise<FileMetaData> {
  return parquetMetadataAsync(await asyncBufferFromFile(path))
}
