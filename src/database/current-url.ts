import type { FileProblem } from '../files/reread-files.ts'
import { readSecretFile } from '../files/secret-files.ts'
import { Secret } from '../secret.ts'
import { isPostgresUrl } from './postgres-url.ts'

type Options = {
  url: Secret
  /** File that the URL was read from, if any. */
  file: string | undefined
  /** Called once for each change, with no problem, or with the reason why the former URL stays in use. */
  onReread: (problems: readonly FileProblem[]) => void
}

/** The URL for the next connection: the file's content by now, or its last content that was a PostgreSQL URL. */
export const createCurrentUrl = ({ url: first, file, onReread }: Options): (() => Secret) => {
  let current = first
  let last = first.reveal()
  const take = (read: ReturnType<typeof readSecretFile>): void => {
    const seen = 'value' in read ? read.value : read.why
    if (seen === last) return
    last = seen
    const why = findFault(read)
    if (why === undefined) current = new Secret(seen)
    onReread(why === undefined ? [] : [{ name: 'DATABASE_URL_FILE', why }])
  }
  return () => {
    if (file !== undefined) take(readSecretFile(file))
    return current
  }
}

const findFault = (read: ReturnType<typeof readSecretFile>): string | undefined => {
  if ('why' in read) return read.why
  return isPostgresUrl(read.value) ? undefined : 'is no postgres:// URL'
}
