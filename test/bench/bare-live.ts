import Fastify from 'fastify'

/* What a start is measured beside: the same answer from a Fastify server that has nothing else. */
const app = Fastify()
app.get('/health/live', async () => ({ status: 'ok' }))
process.once('SIGTERM', () => app.close())
process.stdout.write(`listening at ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
