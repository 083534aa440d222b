import { listOperations, readDocument } from './document.ts'

export type DocumentedRoute = {
  method: string
  path: string
  /** What callers need besides an access token; undefined for public routes and where any scope will do. */
  scope: string | undefined
  /** An address of the route, with these ids in it. */
  at: (ids?: { clientId?: string; operationId?: string }) => string
}

/** Every route of the API document. */
export const listRoutes = async (): Promise<DocumentedRoute[]> =>
  listOperations(await readDocument()).map(({ name, operation }) => {
    const [method = '', path = ''] = name.split(' ')
    return {
      method,
      path,
      scope: operation['security'][0]?.oauth2[0],
      at: ({ clientId = 'pa_wam', operationId = 'none' } = {}) =>
        path.replace('{clientId}', clientId).replace('{operationId}', operationId),
    }
  })
