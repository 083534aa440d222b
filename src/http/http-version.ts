import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/**
 * Node's parser also takes a request line without a version, which is HTTP/0.9, and one that says HTTP/2.0; what stands
 * before the service may have read another request there. Node ends the connection of both with the answer.
 */
export const refuseOtherVersions = (app: FastifyInstance): void => {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    done(raw.httpVersionMajor === 1 ? undefined : otherVersion())
  })
}

const otherVersion = (): Problem => new Problem('malformed_request', 'Speak HTTP/1.1.')
