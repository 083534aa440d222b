import type { Server } from 'node:http'

/** A server that listens. */
export interface Listening extends AsyncDisposable {
  readonly port: number
}

/** Listens on a port; 0 lets the system choose one. */
export async function listen(server: Server, port: number, host: string): Promise<Listening> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  await promise
  server.off('error', reject)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    // Ends every connection at once, whatever is still going on in it.
    async [Symbol.asyncDispose]() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>()
      server.close(() => done())
      server.closeAllConnections()
      await closed
    },
  }
}
