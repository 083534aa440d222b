import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { errors, type InteractionResults } from 'oidc-provider'
import { people } from '../callers.ts'
import { consentPage, errorPage, loginPage } from './pages.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** Answers below `/interaction/`: the login and approval pages and what is clicked on them. */
export async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const interaction = await provider.interactionDetails(request, response)
    if (request.method !== 'POST') {
      sendPage(response, 200, await pageFor(provider, interaction))
      return
    }
    const form = new URLSearchParams(await readText(request))
    const result = await toResult(provider, interaction, form)
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    sendPage(response, error.statusCode, errorPage(error.error, error.error_description ?? ''))
  }
}

async function pageFor(provider: Provider, { uid, prompt, params }: Interaction): Promise<string> {
  const clientId = String(params['client_id'])
  const client = await provider.Client.find(clientId)
  const clientName = client?.clientName ?? clientId
  if (prompt.name === 'login') return loginPage(uid, clientName, people)
  return consentPage(uid, clientName, String(params['scope'] ?? '').split(' '))
}

async function toResult(
  provider: Provider,
  interaction: Interaction,
  form: URLSearchParams,
): Promise<InteractionResults> {
  if (interaction.prompt.name === 'login') {
    const person = people.find(({ id }) => id === form.get('person'))
    if (person === undefined) return { error: 'access_denied', error_description: 'nobody was chosen' }
    return { login: { accountId: person.id } }
  }
  if (form.get('decision') !== 'approve') {
    return { error: 'access_denied', error_description: 'the approval was denied' }
  }
  return { consent: { grantId: await approve(provider, interaction) } }
}

async function approve(
  provider: Provider,
  { grantId, params, session, prompt }: Interaction,
): Promise<string> {
  const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const grant =
    existing ?? new provider.Grant({ accountId: session?.accountId, clientId: String(params['client_id']) })
  const { missingOIDCScope, missingOIDCClaims } = prompt.details
  if (isStrings(missingOIDCScope)) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (isStrings(missingOIDCClaims)) grant.addOIDCClaims(missingOIDCClaims)
  return await grant.save()
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Sends a page for a person; pictures may come from where `pictures` says. */
export function sendPage(response: ServerResponse, status: number, html: string, pictures = "'none'"): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // No form-action: browsers apply it to the redirect after the click too, which leads to the application.
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; img-src ${pictures}; frame-ancestors 'none'`,
  })
  response.end(html)
}
