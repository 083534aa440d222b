import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import type { Checked, Found, InstallationWarning, WarningCode } from './warning-schema.ts'

export type InstallationWatch = {
  /** Looks, and says what is new; never rejects for what does not answer. */
  look: () => Promise<void>
  /** The same, unless the last look is still good. */
  lookWhenDue: () => Promise<void>
  /** Ends a look that is under way, of which nothing is said then. */
  stop: () => void
  /** What the looks so far have found and is not all right now. */
  warnings: () => InstallationWarning[]
}

type Options = {
  /** Everything that is read; after the signal it may end early. */
  check: (signal: AbortSignal) => Promise<Checked[]>
  log: Pick<FastifyBaseLogger, 'warn' | 'info'>
  now: () => number
  /** Told after each look for every code that is known whether there is a warning. */
  onLooked: (known: ReadonlyMap<WarningCode, boolean>) => void
}

/** Administrators change what is looked at once in a while; in milliseconds. */
const goodForMs = 3_600_000

/**
 * Looks at the installation from time to time and remembers what it has found; nothing is ever changed there. A warning
 * is in the log when it appears and when it has another text, and one line says that it has gone.
 */
export const watchInstallation = ({ check, log, now, onLooked }: Options): InstallationWatch => {
  const known = new Map<WarningCode, InstallationWarning | null>()
  const stopping = new AbortController()
  let goodFrom = Number.NEGATIVE_INFINITY

  const note = (code: WarningCode, warning: InstallationWarning | null): void => {
    const before = known.get(code)
    known.set(code, warning)
    if (warning && warning.detail !== before?.detail) {
      const { detail: reason, fix, fixedBy } = warning
      log.warn({ code, reason, fix, fixedBy }, logTexts.installationWarning)
    } else if (!warning && before) {
      log.info({ code }, logTexts.installationWarningGone)
    }
  }
  const look = async (): Promise<void> => {
    const checked = await check(stopping.signal)
    // What ends with the service is nothing that is wrong with the installation.
    if (stopping.signal.aborted) return
    const { found, unread } = join(checked)
    for (const [code, warning] of found) note(code, warning)
    // What could not be read is read again at the next opportunity.
    goodFrom = unread.length > 0 ? Number.NEGATIVE_INFINITY : now()
    onLooked(new Map([...known].map(([code, warning]) => [code, warning !== null])))
  }
  return {
    look,
    // Before `goodFrom` the clock was set back, and nobody knows for how long the look would be good.
    lookWhenDue: async () => {
      if (now() >= goodFrom && now() < goodFrom + goodForMs) return
      await look()
    },
    stop: () => stopping.abort(),
    warnings: () => [...known.values()].filter(warning => warning !== null),
  }
}

/** All that was found, and that something could not be read where that is so. */
const join = (checked: readonly Checked[]) => {
  const unread = checked.flatMap(each => each.unread)
  const incomplete: Found = { preflight_incomplete: unread.length > 0 ? toIncomplete(unread) : null }
  const found = [...checked.map(each => each.found), incomplete].flatMap(each => Object.entries(each))
  return { found: found as [WarningCode, InstallationWarning | null][], unread }
}

const toIncomplete = (unread: readonly string[]): InstallationWarning => ({
  code: 'preflight_incomplete',
  detail: `These could not be read, so nothing new is known about what they say: ${unread.join(', ')}.`,
  fix: 'Check the password of the account where it says credentials; address, certificate and network where it says unreachable, tls or timeout; for anything else look into the log of the product. It is read again within five minutes.',
  fixedBy: 'operator',
})
