import type { Answer, TestService } from '../service.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

export const clientPath = '/web-session-clients/pa_wam'

/** The entity tag of `pa_wam` at this moment. */
export const readTag = async ({ call }: Pick<TestService, 'call'>, as?: CallOptions['as']): Promise<string> =>
  (await call('GET', clientPath, as === undefined ? {} : { as })).headers.get('etag') ?? ''

/** Changes `pa_wam` from what it is at this moment, unless a tag is given. */
export const update = async (
  service: Pick<TestService, 'call'>,
  body: unknown,
  { tag, query = '', headers, ...others }: CallOptions & { tag?: string; query?: string } = {},
): Promise<Answer> =>
  service.call('PATCH', clientPath + query, {
    ...others,
    body,
    headers: { 'if-match': tag ?? (await readTag(service, others.as)), ...headers },
  })
