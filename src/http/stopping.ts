import type { FastifyInstance } from 'fastify'
import { Problem } from './problem.ts'

/** Once the service stops, new requests are refused and kept-alive connections end with their answer. */
export const refuseWhenStopping = (app: FastifyInstance): void => {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  app.addHook('onRequest', async request => {
    if (isStopping && request.routeOptions.url !== '/health/live') {
      throw new Problem(
        'shutting_down',
        'This instance is stopping; nothing was done. Try again, and another one answers.',
        { headers: { 'retry-after': '1' } },
      )
    }
  })
  app.addHook('onSend', async (_request, reply) => {
    // Without this an open keep-alive connection holds up the stop.
    if (isStopping) reply.header('connection', 'close')
  })
}
