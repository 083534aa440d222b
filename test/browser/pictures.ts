import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { plugins } from '../../src/api-document/swagger-ui-plugins.ts'
import { addIdempotencyKey } from '../../src/api-document/swagger-ui-requests.ts'
import { swaggerUiCss } from '../../src/api-document/swagger-ui-theme.ts'
import { people } from '../../src/sandbox/callers.ts'
import { toSamplePage } from '../../src/sandbox/pingaccess/sample-application.ts'
import { readDocument } from '../openapi/document.ts'

/** A picture in the documentation, and the hash of what it was taken of. */
export type Picture = {
  /** Below `docs/`, without `.png`. */
  name: string
  file: URL
  hashFile: URL
  /** Of all that it would show if it were taken now. */
  hash: () => Promise<string>
}

const toPicture = (name: string, findShown: () => unknown): Picture => ({
  name,
  file: new URL(`../../docs/${name}.png`, import.meta.url),
  hashFile: new URL(`../../docs/${name}.png.sha256`, import.meta.url),
  hash: async () =>
    createHash('sha256')
      .update(JSON.stringify(await findShown()))
      .digest('hex'),
})

const { version } = createRequire(import.meta.url)('@fastify/swagger-ui/package.json') as { version: string }

/**
 * The create without its answers' descriptions, which stand below, the fields of its answer, the theme, and Swagger UI
 * itself.
 */
export const swaggerUi = toPicture('swagger-ui', async () => {
  const { paths, components } = await readDocument()
  const { responses, security, ...operation } = paths['/web-session-clients'].post
  const { properties } = components.schemas.CreatedWebSessionClient
  return [
    operation,
    Object.keys(properties),
    Object.keys(properties.retrieval.anyOf[0].properties),
    swaggerUiCss,
    [...plugins, addIdempotencyKey].map(String),
    version,
  ]
})

/** The application behind PingAccess, to which Ben is logged in. */
export const protectedApplication = toPicture('protected-application', () => {
  const ben = people.find(({ id }) => id === 'ben')
  const headers = { 'x-user': ben?.id, 'x-user-name': ben?.name, 'x-user-email': ben?.email }
  return toSamplePage({ headers, url: '/orders' })
})
