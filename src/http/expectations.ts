import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/**
 * Node.js answers an expectation it does not know (RFC 9110 section 10.1.1) by itself: a bare 417 that is in no log and
 * has no header field of ours. Here it is a request like any other, and refused as one.
 */
export const refuseExpectations = (app: FastifyInstance): void => {
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.addHook('onRequest', ({ headers: { expect } }, _reply, done) => {
    const isKnown = expect === undefined || expect.trim().toLowerCase() === '100-continue'
    done(isKnown ? undefined : new Problem('expectation_failed', 'Leave Expect out, or send 100-continue.'))
  })
}
