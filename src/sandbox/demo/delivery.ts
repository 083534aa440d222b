import type { Answer } from '../call.ts'
import { assertGreeted } from './first-login.ts'
import { expect, type Step } from './step.ts'

/** What the act needs of the walk-through that comes before it. */
export interface Act {
  readonly step: Step
  readonly clientId: string
  readonly send: (method: string, path: string) => Promise<Answer>
  /** Opens the application as a person with an empty browser, and says what they see. */
  readonly open: () => Promise<string>
}

/** The next secret goes straight into PingAccess, and a person logs in. */
export async function deliverSecret({ step, clientId, send, open }: Act): Promise<void> {
  await step('Put the next secret straight into PingAccess: 200', async () => {
    const path = `/web-session-clients/${clientId}/web-session`
    const { status, body, text } = await send('PUT', path)
    expect(`PUT ${path}`, status, 200, text)
    expect('retrieval', body['retrieval'], undefined)
  })
  await step('Log in with it', async () => assertGreeted(await open()))
}
