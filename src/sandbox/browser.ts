import { Agent, buildConnector, fetch } from 'undici'

/** A person at a browser, who has the cookies of everything that was opened before. */
export interface Browser extends AsyncDisposable {
  /**
   * Follows redirects and clicks the one button of every page, until a page comes that has no button for this person, or
   * until an address is reached at which `ends` says that it is not to be opened.
   */
  readonly open: (url: string, ends?: (url: URL) => boolean) => Promise<Page>
}

/** Where it ended. */
interface Page {
  readonly url: URL
  /** Undefined where the address was not opened. */
  readonly status: number | undefined
  /** What a person reads there. */
  readonly text: string
  /** What was clicked on the way. */
  readonly clicks: readonly string[]
}

/** Whose browser it is, and where it finds what is not found by its name. */
export interface BrowserOptions {
  /** `id` of the person. */
  readonly person: string
  /** Host and port of what stands behind an address; that of the address itself unless told otherwise. */
  readonly find?: (host: string) => { readonly hostname: string; readonly port: number } | undefined
}

/** Login, approval and callback are redirects of two pages; anything much longer goes round in circles. */
const maxSteps = 20

/** Opens an empty browser. */
export function createBrowser({ person, find }: BrowserOptions): Browser {
  // The people of a sandbox know its certificates, and click the warnings away.
  const connect = buildConnector({ rejectUnauthorized: false })
  const dispatcher = new Agent({
    connect: (options, done) => {
      const place = find?.(options.host ?? '')
      connect(place === undefined ? options : { ...options, ...place, port: String(place.port) }, done)
    },
  })
  const jar = createJar()

  async function visit(url: URL, form?: URLSearchParams) {
    const response = await fetch(url, {
      dispatcher,
      redirect: 'manual',
      headers: { cookie: jar.read(url) },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    jar.keep(url, response.headers.getSetCookie())
    return response
  }

  /** What comes at an address, and where it leads. */
  async function look(url: URL, fields?: URLSearchParams) {
    const response = await visit(url, fields)
    const location = response.headers.get('location')
    const html = await response.text()
    const form = location === null ? findForm(html, person) : undefined
    const next = location ?? form?.action
    return { status: response.status, html, form, next: next === undefined ? undefined : new URL(next, url) }
  }

  async function loadPictures(html: string, url: URL): Promise<void> {
    for (const [, picture = ''] of html.matchAll(/<img src="([^"]+)"/g)) await visit(new URL(picture, url))
  }

  async function open(start: string, ends: (url: URL) => boolean = () => false): Promise<Page> {
    const clicks: string[] = []
    let url = new URL(start)
    let fields: URLSearchParams | undefined
    for (let step = 0; step < maxSteps; step += 1) {
      if (ends(url)) return { url, status: undefined, text: '', clicks }
      const { status, html, form, next } = await look(url, fields)
      if (next === undefined) {
        await loadPictures(html, url)
        return { url, status, text: toText(html), clicks }
      }
      clicks.push(...(form?.clicks ?? []))
      url = next
      fields = form?.fields
    }
    throw new Error(`${start} never came to a page`)
  }

  return { open, [Symbol.asyncDispose]: () => dispatcher.close() }
}

/** Cookies by host, whatever the port (RFC 6265 section 8.5); the sandbox needs neither paths nor domains. */
function createJar() {
  const hosts = new Map<string, Map<string, string>>()
  return {
    read: ({ hostname }: URL): string =>
      [...(hosts.get(hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; '),
    keep({ hostname }: URL, lines: readonly string[]): void {
      const cookies = hosts.get(hostname) ?? new Map<string, string>()
      hosts.set(hostname, cookies)
      for (const line of lines) {
        const [pair = ''] = line.split(';')
        const [name = '', ...value] = pair.split('=')
        if (/; *(max-age=0|expires=thu, 01 jan 1970)/i.test(line)) cookies.delete(name)
        else cookies.set(name, value.join('='))
      }
    },
  }
}

/** What the one button of a page sends, or its script (OAuth 2.0 Form Post Response Mode). */
function findForm(html: string, person: string) {
  const [, action] = /<form method="post" action="([^"]+)"/.exec(html) ?? []
  const buttons = html.matchAll(/<button name="([^"]+)" value="([^"]+)"/g)
  const clicked = [...buttons].filter(([, , value]) => value === person || value === 'approve')
  const filled = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]+)"/g)]
  const fields = [...filled, ...clicked].map(([, name = '', value = '']) => [name, value] as [string, string])
  if (action === undefined || fields.length === 0) return undefined
  return { action, fields: new URLSearchParams(fields), clicks: clicked.map(([, , value = '']) => value) }
}

function toText(html: string): string {
  return html
    .replaceAll(/<(style|title)>.*?<\/\1>|<[^>]+>/gs, ' ')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll(/\s+/g, ' ')
    .trim()
}
