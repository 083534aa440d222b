import { createHash } from 'node:crypto'
import { findCallbacks } from '../pingaccess/applications.ts'
import { chooseWebSession } from '../pingaccess/web-session.ts'
import { toSettings } from '../pingfederate/client-fields.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { AuthorizationAnswer, Runtime } from '../pingfederate/runtime.ts'
import { explainAnswer, explainPage, type InConsole } from './explain-answer.ts'
import type { CheckedNode, LoginCheck } from './login-check-schema.ts'

export type CheckDependencies = {
  runtime: Runtime
  pingFederate: Pick<PingFederate, 'findClient'>
  randomBytes: (size: number) => Buffer
  /** How long a node has for all redirect URIs, in milliseconds. */
  timeoutMs: number
}

type Client = Pick<NewClient, 'clientId' | 'team' | 'settings'>

/** Has every node asked what it would answer to a login through this client. */
export const checkLogin = async (client: Client, dependencies: CheckDependencies): Promise<LoginCheck> => {
  const { clientId } = client
  const asked = toAsked(client)
  const answers = await askNodes(asked, {
    ...dependencies,
    signal: AbortSignal.timeout(dependencies.timeoutMs),
  })
  const hasPage = answers.some(({ answer }) => answer.kind === 'page')
  const look = hasPage ? await lookIntoConsole(client, dependencies) : () => 'unknown' as const
  const nodes = answers.map(each => toCheckedNode(each, look))
  const isReady = nodes.every(({ outcome }) => outcome === 'ready')
  return { clientId, isReady, scopes: asked.scopes, redirectUris: asked.redirectUris, nodes }
}

/** What PingAccess asks for; it adds openid itself. */
export const toAsked = ({ clientId, settings }: Pick<Client, 'clientId' | 'settings'>) => ({
  clientId,
  scopes: ['openid', ...chooseWebSession({ clientId, settings }).scopes.value],
  redirectUris: findCallbacks(settings),
})
type Asked = ReturnType<typeof toAsked>

/** What a node answered to the last redirect URI that was tried. */
type Answered = { url: string; redirectUri: string; answer: AuthorizationAnswer }

export type AskDependencies = Pick<CheckDependencies, 'runtime' | 'randomBytes'> & { signal: AbortSignal }

/** Every node at the same time, until the signal. */
export const askNodes = (asked: Asked, dependencies: AskDependencies): Promise<Answered[]> =>
  Promise.all(dependencies.runtime.urls.map(url => askNode(url, asked, dependencies)))

/** One after the other, so that a client with many redirect URIs takes no more of a node than any other. */
const askNode = async (
  url: string,
  { clientId, scopes, redirectUris }: Asked,
  { runtime, randomBytes, signal }: AskDependencies,
): Promise<Answered> => {
  const random = () => randomBytes(16).toString('base64url')
  // Nothing is known of a node that was asked for nothing.
  const answered: Answered = { url, redirectUri: '', answer: { kind: 'page' } }
  for (const redirectUri of redirectUris) {
    const once = { state: random(), nonce: random(), codeChallenge: toChallenge(random()) }
    answered.answer = await runtime.ask(url, { clientId, redirectUri, scopes, ...once }, signal)
    answered.redirectUri = redirectUri
    if (answered.answer.kind !== 'known') break
  }
  return answered
}

/** The verifier is forgotten: nobody will bring a code. */
const toChallenge = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

type Look = (redirectUri: string) => InConsole

const lookIntoConsole = async (
  { clientId, team }: Client,
  { pingFederate }: CheckDependencies,
): Promise<Look> => {
  const found = await pingFederate.findClient(clientId).catch(asFailure)
  if (found instanceof PingFederateFailure) return () => 'unknown'
  if (!found) return () => 'no_client'
  const { enabled, redirectUris } = toSettings(found.raw.reveal(), { team })
  if (!enabled) return () => 'disabled'
  return redirectUri => (redirectUris.includes(redirectUri) ? 'same' : 'no_redirect_uri')
}

const toCheckedNode = ({ url, redirectUri, answer }: Answered, look: Look): CheckedNode => ({
  url,
  redirectUri: answer.kind === 'known' ? null : redirectUri,
  ...(answer.kind === 'page' ? explainPage(look(redirectUri)) : explainAnswer(answer)),
})
