import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Base = { commit: string; text: string }

export type BaseSearch = {
  /** Folder inside the git work tree. */
  repository: string
  /** File, relative to that folder. */
  path: string
  /** What the file holds now. */
  current: string
  /** Commit to compare with whatever the history says, such as a pull request's target. */
  commit?: string | undefined
}

/**
 * Finds the committed version that the file has to stay compatible with: the newest one that differs from now,
 * so that the same call serves before a commit (HEAD) and after it (the commit that touched the file before).
 */
export async function findBase({ repository, path, current, commit }: BaseSearch): Promise<Base | undefined> {
  const git = async (...args: string[]) => {
    const { stdout } = await run('git', args, { cwd: repository, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  }
  if (commit) return { commit, text: await git('show', `${commit}:./${path}`) }
  // First parents only: what a merged branch did between its own commits was never anybody's API.
  const log = await git(
    'log',
    '--first-parent',
    '--diff-filter=AM',
    '--format=%H',
    '--max-count=2',
    '--',
    path,
  )
  for (const candidate of log.split('\n').filter(Boolean)) {
    const text = await git('show', `${candidate}:./${path}`)
    if (text !== current) return { commit: candidate, text }
  }
  return undefined
}

/** True when the clone ends before the repository's first commit, so that an earlier version may just not be here. */
export async function isShallow(repository: string): Promise<boolean> {
  const { stdout } = await run('git', ['rev-parse', '--is-shallow-repository'], { cwd: repository })
  return stdout.trim() === 'true'
}
