import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { pingAccessUrl, type Settings } from './story.ts'

/** A client in PingFederate that has this service's marker. */
export type MadeClient = {
  clientId: string
  operationId: string
  redirectUris: readonly string[]
  settings: Settings
  /** How many former secrets are accepted beside the one in force. */
  formerSecrets: number
}

type Listed = {
  clientId: string
  description?: string
  redirectUris: string[]
  name: string
  enabled: boolean
  requireProofKeyForCodeExchange: boolean
  clientAuth: { secondarySecrets?: unknown[] }
}

const marker = /\[web-session-clients ([0-9a-f-]{36})\]$/

export const readMadeClients = async (sandbox: Sandbox): Promise<MadeClient[]> => {
  const { body } = await callAdminApi(sandbox, 'GET', '/oauth/clients')
  return (body.items as Listed[]).flatMap(
    ({ clientId, description, redirectUris, clientAuth, ...others }) => {
      const { name, enabled, requireProofKeyForCodeExchange: requirePkce } = others
      const settings = { name, enabled, requirePkce }
      const [, operationId] = marker.exec(description ?? '') ?? []
      const formerSecrets = clientAuth.secondarySecrets?.length ?? 0
      return operationId === undefined
        ? []
        : [{ clientId, operationId, redirectUris, settings, formerSecrets }]
    },
  )
}

/** Whether PingFederate's token endpoint knows the client by the secret; a code that nobody was given comes after that. */
export const isAccepted = async ({ issuer }: Sandbox, clientId: string, secret: string): Promise<boolean> => {
  const credentials = Buffer.from(`${clientId}:${secret}`).toString('base64')
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'nobodys',
      redirect_uri: pingAccessUrl,
    }),
  })
  const { error } = (await answer.json()) as { error?: string }
  return error === 'invalid_grant'
}
