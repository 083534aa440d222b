import { Type } from 'typebox'
import type { App } from '../http/route.ts'

const schema = {
  operationId: 'getLiveness',
  tags: ['health'],
  summary: 'Is the process alive?',
  description: 'Answers as long as the process can answer at all. Restart it when this fails.',
  security: [],
  response: {
    200: {
      description: 'Alive.',
      content: {
        'application/json': {
          schema: Type.Object(
            { status: Type.Literal('alive', { description: 'The one answer.' }) },
            { additionalProperties: false },
          ),
          example: { status: 'alive' },
        },
      },
    },
  },
}

/** `GET /health/live` */
export const getLiveness = (app: App): void => {
  app.route({
    method: 'GET',
    url: '/health/live',
    logLevel: 'silent',
    schema,
    handler: async (_request, reply) => reply.code(200).send({ status: 'alive' }),
  })
}
