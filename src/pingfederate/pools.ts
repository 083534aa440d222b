import type { Pool } from 'undici'
import type { Identity } from './identity.ts'

type Pools = {
  /** @param origin scheme, host and port */
  get: (origin: string) => Pool
  isClosed: () => boolean
  /** Ends every connection, together with the calls on it. */
  close: () => Promise<void>
}

type Options = { identity: Pick<Identity, 'certificates'>; open: (origin: string) => Pool }

/**
 * One pool of connections per origin. When the certificates have changed, new pools replace the old ones, because an
 * open connection would go on with the former certificates for as long as it lives.
 */
export const createPools = ({ identity, open }: Options): Pools => {
  const all = new Set<Pool>()
  let current = new Map<string, Pool>()
  let certificates = identity.certificates()
  let isClosed = false

  const retire = (): void => {
    for (const pool of current.values()) {
      const isGone = () => void all.delete(pool)
      pool.close().then(isGone, isGone)
    }
    current = new Map()
    certificates = identity.certificates()
  }
  return {
    get: origin => {
      if (certificates !== identity.certificates()) retire()
      const pool = current.get(origin) ?? open(origin)
      current.set(origin, pool)
      all.add(pool)
      return pool
    },
    isClosed: () => isClosed,
    close: async () => {
      isClosed = true
      await Promise.all([...all].map(pool => pool.destroy()))
    },
  }
}
