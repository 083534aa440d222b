import { dryRunExample } from '../../src/web-session-clients/dry-run-example.ts'
import type { CreateDryRun } from '../../src/web-session-clients/dry-run-schema.ts'

type Setting = CreateDryRun['settings'][number]

const setting = (pointer: string, value: unknown, source: Setting['source'], reason: string): Setting => ({
  pointer,
  value,
  source,
  reason,
})

const isOff = 'The manual’s steps do not mention it, so it is off.'
const isPingFederates = 'The manual’s steps do not mention it, so PingFederate’s own default applies.'

/** What the smallest request is answered: of its settings the example has three. */
export const smallestPlan: CreateDryRun = {
  ...dryRunExample,
  settings: [
    setting('/clientId', 'pa_wam', 'request', 'You sent it.'),
    setting('/name', 'pa_wam', 'request', 'You sent no name, so it is the client id.'),
    setting('/team', 'payments', 'request', 'You sent no team, and your access token has only this one.'),
    setting('/enabled', true, 'manual', 'The manual’s client can be used at once.'),
    setting('/description', null, 'manual', isOff),
    setting(
      '/pingAccessUrls',
      ['https://mypingaccessserver:3000'],
      'request',
      'You sent them; their form is normalised.',
    ),
    setting(
      '/callbackUnder',
      'host',
      'manual',
      '“Use context root as reserved resource base path” is off in PingAccess unless it is set, so the callback is at the root of each virtual host.',
    ),
    setting(
      '/redirectUris',
      ['https://mypingaccessserver:3000/pa/oidc/cb'],
      'configuration',
      'Each host and port of the PingAccess URLs, once, with PINGACCESS_CALLBACK_PATH of this installation.',
    ),
    setting('/otherRedirectUris', [], 'manual', 'Only an adopted client has any.'),
    setting('/grantTypes', ['authorization_code'], 'manual', 'The manual allows this grant and no other.'),
    setting('/bypassAuthorizationApproval', true, 'manual', 'The manual bypasses the approval page.'),
    setting(
      '/scopes',
      null,
      'manual',
      'The manual’s steps do not mention them, so the client is not restricted.',
    ),
    setting('/requirePkce', false, 'manual', isOff),
    setting('/logout', 'none', 'manual', isOff),
    setting('/refreshTokens', false, 'manual', isOff),
    setting('/oidcPolicy', null, 'manual', isPingFederates),
    setting('/accessTokenManager', null, 'manual', isPingFederates),
    setting('/retrieval/ttlSeconds', 900, 'configuration', 'RETRIEVAL_TTL_SECONDS of this installation.'),
    setting(
      '/retrieval/redeemableBy',
      'team',
      'configuration',
      'What this service does unless told otherwise.',
    ),
  ],
}
