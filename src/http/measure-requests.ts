import type { FastifyInstance } from 'fastify'
import type { CountProblem, RequestMetrics } from '../metrics/http.ts'

/** Counts every request that reaches a hook; what the parser refuses before that is counted where it is answered. */
export const measureRequests = (
  app: FastifyInstance,
  { requests, countProblem }: { requests: RequestMetrics; countProblem: CountProblem },
): void => {
  app.addHook('onRequest', (_request, reply, done) => {
    requests.begin()
    // Unlike `onResponse`, this also comes when the connection ends before the answer.
    reply.raw.once('close', requests.end)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    requests.observe({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    })
    if (request.problem) countProblem(request.problem.code)
    done()
  })
}
