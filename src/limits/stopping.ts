import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'

/** Once the service stops, new requests are refused and kept-alive connections end with their answer. */
export const refuseWhenStopping = (app: FastifyInstance): void => {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const isRefused = isStopping && request.routeOptions.url !== '/health/live'
    done(isRefused ? shuttingDown() : undefined)
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Without this, an open keep-alive connection would hold up the stop.
    if (isStopping) reply.header('connection', 'close')
    done(null, payload)
  })
}

const shuttingDown = (): Problem =>
  new Problem(
    'shutting_down',
    'This instance is stopping; nothing was done. Try again, and another one answers.',
    { headers: { 'retry-after': '1' } },
  )
