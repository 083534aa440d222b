import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { plugins } from '../../src/api-document/swagger-ui-plugins.ts'
import { addIdempotencyKey } from '../../src/api-document/swagger-ui-requests.ts'
import { swaggerUiCss } from '../../src/api-document/swagger-ui-theme.ts'
import { readDocument } from '../openapi/document.ts'

/** The picture of the page that the README shows, and what it was taken of. */
export const picture = new URL('../../docs/swagger-ui.png', import.meta.url)
export const pictureHash = new URL('../../docs/swagger-ui.png.sha256', import.meta.url)

const { version } = createRequire(import.meta.url)('@fastify/swagger-ui/package.json') as { version: string }

/**
 * A hash of all that the picture shows: the create without its answers' descriptions, which stand below, the fields of
 * its answer, the theme, and Swagger UI itself.
 */
export const hashPicturedPage = async (): Promise<string> => {
  const { paths, components } = await readDocument()
  const { responses, security, ...operation } = paths['/web-session-clients'].post
  const { properties } = components.schemas.CreatedWebSessionClient
  const shown = [
    operation,
    Object.keys(properties),
    Object.keys(properties.retrieval.properties),
    swaggerUiCss,
    [...plugins, addIdempotencyKey].map(String),
    version,
  ]
  return createHash('sha256').update(JSON.stringify(shown)).digest('hex')
}
