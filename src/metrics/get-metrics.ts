import { Type } from 'typebox'
import type { App } from '../http/route.ts'
import { problemResponses } from '../problem.ts'
import type { Exposition } from './metrics.ts'

const example = `# HELP web_session_clients_problems_total Requests answered with a problem, by its code.
# TYPE web_session_clients_problems_total counter
web_session_clients_problems_total{code="overloaded"} 0
`

const schema = {
  operationId: 'getMetrics',
  tags: ['health'],
  summary: 'What has been counted?',
  description:
    'For Prometheus, in its text format 0.0.4. No label has an id, a name, a subject or an address of anybody. Where the operator has set `METRICS_PORT`, this stands there and not here.',
  security: [],
  response: {
    200: {
      description: 'Every metric of this instance.',
      content: {
        'text/plain': {
          schema: Type.String({ description: 'Lines of text.', examples: [example] }),
          example,
        },
      },
    },
    ...problemResponses('shutting_down'),
  },
}

/** `GET /metrics` */
export const getMetrics = (app: App, { contentType, render }: Exposition): void => {
  app.route({
    method: 'GET',
    url: '/metrics',
    logLevel: 'silent',
    schema,
    handler: async (_request, reply) =>
      reply
        .code(200)
        .type(contentType)
        .send(await render()),
  })
}
