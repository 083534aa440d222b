type PageRequest = {
  url: string
  method?: string
  headers: Record<string, string>
  body?: unknown
  loadSpec?: boolean
}

type Keys = Map<string, string>

type PageState = typeof globalThis & { idempotencyKeys?: Keys }

/**
 * Runs in the page: Swagger UI takes the text of it, so it uses nothing from outside. Whoever clicks *Execute* again gets
 * the first answer again instead of a 409 in the place of the token: each body that is posted has a key of its own until
 * the page is left. The key of a person stays. Sign-ins are forms, so they get none.
 */
export const addIdempotencyKey = (request: PageRequest): PageRequest => {
  const names = Object.keys(request.headers).map(name => name.toLowerCase())
  if (request.loadSpec || request.method !== 'POST' || names.includes('idempotency-key')) return request
  if (typeof request.body !== 'string' || request.headers['Content-Type'] !== 'application/json')
    return request
  const page: PageState = globalThis
  page.idempotencyKeys ??= new Map()
  const sent = `${request.url}\n${request.body}`
  // `crypto.randomUUID` is missing where the page came by plain http.
  const random = crypto.getRandomValues(new Uint8Array(16))
  const key =
    page.idempotencyKeys.get(sent) ?? Array.from(random, byte => byte.toString(16).padStart(2, '0')).join('')
  page.idempotencyKeys.set(sent, key)
  request.headers['Idempotency-Key'] = key
  return request
}

/**
 * Runs in the page, too. What was refused is asked anew the next time: the reason may be gone, and under the same key the
 * refusal would be repeated.
 */
export const forgetRefused = <Answer extends { url: string; status: number }>(answer: Answer): Answer => {
  const page: PageState = globalThis
  if (answer.status !== 422) return answer
  for (const sent of page.idempotencyKeys?.keys() ?? [])
    if (sent.startsWith(`${answer.url}\n`)) page.idempotencyKeys?.delete(sent)
  return answer
}
