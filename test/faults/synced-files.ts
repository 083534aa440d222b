import { readFileSync } from 'node:fs'

/** Command before a process whose writes to files are to be known afterwards. */
export const traceWrites = (traceFile: string): string[] => {
  const calls = 'trace=pwrite64,ftruncate,fsync,fdatasync,unlink'
  return ['strace', '-f', '-qq', '-y', '-xx', '-s', '1000000', '-e', calls, '-o', traceFile]
}

type Change = (content: Buffer) => Buffer
type File = { synced: Buffer; unsynced: Change[] }

const line = /^\d+ +(?<call>\w+)\(\d+<(?<path>[^>]+)>(?:, (?<rest>.*))?\) += (?<result>\d+)$/
const removed = /^\d+ +unlink\("(?<path>[^"]+)"\) += 0$/
const written = /^"(?<data>[^"]*)", \d+, (?<offset>\d+)$/

const decode = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex')

/** What a disk that forgets everything not synced has of each file, by path; of a trace of writes since the files were made. */
export const readSyncedFiles = (traceFile: string): Map<string, Buffer> => {
  const files = new Map<string, File>()
  for (const text of readFileSync(traceFile, 'latin1').split('\n')) {
    const gone = removed.exec(text)?.groups
    if (gone) files.delete(decode(gone['path'] ?? '').toString())
    const { call = '', path = '', rest = '' } = line.exec(text)?.groups ?? {}
    if (call) apply(files, decode(path).toString(), call, rest)
  }
  return new Map([...files].map(([path, { synced }]) => [path, synced]))
}

const apply = (files: Map<string, File>, path: string, call: string, rest: string): void => {
  const file = files.get(path) ?? { synced: Buffer.alloc(0), unsynced: [] }
  files.set(path, file)
  if (call === 'fsync' || call === 'fdatasync') {
    file.synced = file.unsynced.reduce((content, change) => change(content), file.synced)
    file.unsynced = []
    return
  }
  file.unsynced.push(call === 'ftruncate' ? resize(Number(rest)) : write(rest))
}

const resize =
  (size: number): Change =>
  content =>
    Buffer.concat([content, Buffer.alloc(Math.max(0, size - content.length))]).subarray(0, size)

const write = (rest: string): Change => {
  const { data = '', offset = '' } = written.exec(rest)?.groups ?? {}
  const bytes = decode(data)
  return content => {
    const grown = resize(Math.max(content.length, Number(offset) + bytes.length))(Buffer.from(content))
    bytes.copy(grown, Number(offset))
    return grown
  }
}
