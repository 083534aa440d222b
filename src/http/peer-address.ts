import type { Server } from 'node:http'

/**
 * Asks each connection at once where it comes from, and Node.js remembers the answer: after a reset nobody can tell, and
 * the audit trail and the limit of the address have to know. What has been reset already is dropped, because its request
 * would be carried out for nobody.
 */
export const rememberAddresses = (server: Server): void => {
  server.on('connection', socket => {
    if (socket.remoteAddress === undefined) socket.destroy()
  })
}
