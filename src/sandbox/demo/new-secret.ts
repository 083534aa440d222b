import type { Answer } from '../call.ts'
import { assertGreeted } from './first-login.ts'
import { expect, type Step, Unexpected } from './step.ts'
import { mask } from './terminal.ts'

/** What the act needs of the walk-through that comes before it. */
export interface Act {
  readonly step: Step
  readonly clientId: string
  /** The secret that is replaced, which PingAccess has. */
  readonly former: string
  readonly send: (method: string, path: string, body?: unknown) => Promise<Answer>
  readonly redeem: (what: string, token: string) => Promise<string>
  /** Logs a person in through PingAccess with that secret, and says what they see. */
  readonly logIn: (secret: string) => Promise<string>
  readonly toToken: (retrieval: unknown) => string
}

/** A secret is replaced while people log in, and then the former one is ended. */
export async function replaceSecret(act: Act): Promise<void> {
  const { step, clientId, former, send, redeem, logIn } = act
  const token = await rotate(act)
  const secret = await redeem('Redeem the new secret: 200', token)
  await step('Log in with the former secret and with the new one', async () => {
    for (const each of [former, secret]) assertGreeted(await logIn(each))
  })
  await step('End the former secret: 204', async () => {
    const path = `/web-session-clients/${clientId}/previous-secrets`
    const { status, text } = await send('DELETE', path)
    expect(`DELETE ${path}`, status, 204, text)
  })
  await step('Log in with the new secret; the former one is refused', async () => {
    assertGreeted(await logIn(secret))
    const page = await logIn(former)
    if (!page.includes('invalid_client')) throw new Unexpected(`expected invalid_client, got ${page}`)
  })
}

async function rotate({ step, clientId, send, toToken }: Act): Promise<string> {
  return await step(
    'Give it a new secret; the former one lives for an hour: 201',
    async () => {
      const path = `/web-session-clients/${clientId}/secret-rotations`
      const { status, body, text } = await send('POST', path, { overlapMinutes: 60 })
      expect(`POST ${path}`, status, 201, text)
      if (typeof body['previousSecretEndsAt'] !== 'string')
        throw new Unexpected('the former secret ends at once')
      return toToken(body['retrieval'])
    },
    token => [['token', mask(token, 'wscrt_'.length + 2)]],
  )
}
