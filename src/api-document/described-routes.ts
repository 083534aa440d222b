import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { buildSerializer, buildValidator } from '../http/compilation.ts'
import { describeApi } from './openapi.ts'

/**
 * Notes every route that is registered after it. The returned function makes an application of the same routes, with
 * nothing in them but their descriptions, that has the document of them all once it is ready.
 */
export const noteRoutes = (app: FastifyInstance): (() => Promise<FastifyInstance>) => {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => {
    if (route.method !== 'HEAD') routes.push(route)
  })
  return async () => {
    const described = Fastify({
      schemaController: { compilersFactory: { buildSerializer, buildValidator } },
    })
    await describeApi(described)
    for (const schema of Object.values(app.getSchemas())) described.addSchema(schema)
    for (const { method, url, schema = {}, config = {} } of routes.filter(isShown))
      described.route({ method, url, schema, config, handler: () => undefined })
    return described
  }
}

/** Asked when all are registered: what a hook adds to a schema is there by then. */
const isShown = ({ schema }: RouteOptions): boolean => schema?.hide !== true
