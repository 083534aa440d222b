import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

type Cut = {
  /** Text that marks the transaction: a value it sends. */
  after: string
  /** Whether its commit still reaches the server; the answer never comes back. */
  committed: boolean
}

export type Proxy = {
  /** The database's URL through the proxy. */
  url: string
  /** Cuts the connection of the next transaction so marked at its commit. */
  cut: (cut: Cut) => { struck: Promise<void> }
  /** From now on nothing is passed on, in either direction, and nothing is closed. */
  freeze: () => void
}

type State = { frozen: boolean; armed: (Cut & { strike: () => void }) | undefined }

/** A connection to PostgreSQL that breaks when told to; gone when the test ends. */
export const startProxy = async (t: TestContext, databaseUrl: string): Promise<Proxy> => {
  const target = new URL(databaseUrl)
  const state: State = { frozen: false, armed: undefined }
  const sockets = new Set<Socket>()
  const proxy = createServer(client => {
    const server = connect(Number(target.port), target.hostname)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => other.destroy())
    }
    pass(state, client, server)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const { port } = proxy.address() as AddressInfo
  return {
    url: Object.assign(new URL(databaseUrl), { port: String(port) }).href,
    cut: cut => {
      const { promise: struck, resolve: strike } = Promise.withResolvers<void>()
      state.armed = { ...cut, strike }
      return { struck }
    },
    freeze: () => {
      state.frozen = true
    },
  }
}

const pass = (state: State, client: Socket, server: Socket): void => {
  let isMarked = false
  let isCut = false
  const isCommitToCut = (bytes: Buffer): boolean => {
    isMarked ||= state.armed !== undefined && bytes.includes(state.armed.after)
    return isMarked && bytes.includes('commit\0')
  }
  client.on('data', bytes => {
    if (state.frozen || isCut) return
    const { armed } = state
    if (armed && isCommitToCut(bytes)) {
      isCut = true
      state.armed = undefined
      armed.strike()
      if (!armed.committed) return void client.destroy()
    }
    server.write(bytes)
  })
  server.on('data', bytes => {
    if (state.frozen) return
    if (isCut) client.destroy()
    else client.write(bytes)
  })
}
