import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Ajv } from 'ajv'
import Fastify from 'fastify'
import { Type } from 'typebox'
import { CreateWebSessionClient } from '../../src/web-session-clients/schema.ts'

/* The floor: a Fastify route that checks the body of a create by the same schema, answers, and does nothing else. */
const app = Fastify({
  ajv: { plugins: [(ajv: Ajv) => ajv.addVocabulary(['x-fix'])] },
}).withTypeProvider<TypeBoxTypeProvider>()
const schema = {
  body: Type.Object(CreateWebSessionClient.properties, { additionalProperties: false }),
  response: { 201: Type.Object({ clientId: Type.String() }) },
}
app.post('/web-session-clients', { schema }, async (request, reply) =>
  reply.code(201).send({ clientId: request.body.clientId }),
)
process.stdout.write(`listening at ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
