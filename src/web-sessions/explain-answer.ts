import type { AuthorizationAnswer } from '../pingfederate/runtime.ts'
import type { CheckedNode } from './login-check-schema.ts'

/**
 * What PingFederate's console has of a client and one of its redirect URIs.
 * - `same`: both; `no_client`: no client; `disabled`: one that is switched off; `no_redirect_uri`: the client alone
 * - `unknown`: it could not be asked
 */
export type InConsole = 'same' | 'no_client' | 'disabled' | 'no_redirect_uri' | 'unknown'

type Explained = Omit<CheckedNode, 'url' | 'redirectUri'>

/** What an answer of a node means, and what to do about it. */
export const explainAnswer = (answer: Exclude<AuthorizationAnswer, { kind: 'page' }>): Explained => {
  switch (answer.kind) {
    case 'known':
      return {
        outcome: 'ready',
        error: null,
        detail:
          'The node knows the client, its redirect URIs and its scopes, and would have a person log in.',
        fix: null,
      }
    case 'refused':
      return answer.error === 'invalid_scope' ? scopeUnknown : toRefused(answer.error)
    case 'elsewhere':
      return {
        outcome: 'unexpected',
        error: null,
        detail: `The node redirects to ${answer.origin ?? 'somewhere else'} in place of the redirect URI, or does not bring back what was sent.`,
        fix: `Check that this is the base URL of a runtime node, by default on port 9031, and not of a proxy with a sign-in of its own (${setting}).`,
      }
    case 'unexpected':
      return {
        outcome: 'unexpected',
        error: null,
        detail: `Something answers ${answer.status} there, as no login does.`,
        fix: `Check that this is the base URL of a runtime node, by default on port 9031 (${setting}), and look into its log.`,
      }
    case 'unreachable':
      return { outcome: 'unreachable', error: null, ...unreachable[answer.reason](answer.code) }
  }
}

const setting = 'PINGFEDERATE_RUNTIME_URLS'

const scopeUnknown: Explained = {
  outcome: 'scope_unknown',
  error: 'invalid_scope',
  detail:
    'The node knows the client and its redirect URI, and refuses a scope that the web session asks for.',
  fix: 'Have the scopes of the web session agree with those of the client (GET …/web-session), compare the client with PingFederate (GET …/drift), or have the scope added there.',
}

const fixes: Readonly<Record<string, string>> = {
  unauthorized_client:
    'Compare the client with PingFederate (GET …/drift): it may have lost the grant authorization code, or be switched off.',
  invalid_request:
    'See whether an administrator requires pushed authorization requests of this client; then the web session needs enablePushAuthorization.',
  server_error:
    'See whether there are a default access token manager and a default OpenID Connect policy (a dry run says so), and look into the node’s log.',
}

const toRefused = (error: string): Explained => ({
  outcome: 'refused',
  error,
  detail: `The node knows the client and its redirect URI, and refuses the login (${error}).`,
  fix: fixes[error] ?? 'Look into the log of the node.',
})

const unreachable: Record<
  'tls' | 'timeout' | 'unreachable',
  (code: string | undefined) => Pick<Explained, 'detail' | 'fix'>
> = {
  tls: code => ({
    detail: `The certificate of the node is not trusted${inBrackets(code)}, so nothing was sent.`,
    fix: 'Set PINGFEDERATE_CA_FILE to the CA of that certificate, and use a host name that the certificate has.',
  }),
  timeout: () => ({
    detail: 'The node did not answer in time.',
    fix: `Check that the node runs, and the network on the way; PINGFEDERATE_TIMEOUT_MS is how long it has.`,
  }),
  unreachable: code => ({
    detail: `No connection to the node was made, or it broke${inBrackets(code)}.`,
    fix: `Check that the node runs, and host and port in ${setting}.`,
  }),
}

const inBrackets = (code: string | undefined): string => (code === undefined ? '' : ` (${code})`)

/** What a page in place of a redirect means, by what the console has: a page is for people, and its words are no contract. */
export const explainPage = (inConsole: InConsole): Explained => ({ error: null, ...pages[inConsole] })

const pages: Record<InConsole, Omit<Explained, 'error'>> = {
  same: {
    outcome: 'not_replicated',
    detail:
      'The node answers with an error page, although the console has the client with this redirect URI.',
    fix: `Wait until the client is ready, or publish under System, Server, Cluster Management. Where that does not help, see whether ${setting} names the node and not a proxy.`,
  },
  no_client: {
    outcome: 'client_unknown',
    detail: 'The node answers with an error page, and the console has no such client.',
    fix: 'Somebody has deleted it in PingFederate; only an operator can bring it back.',
  },
  disabled: {
    outcome: 'client_disabled',
    detail: 'The node answers with an error page, and the client is switched off in the console.',
    fix: 'Switch it on: PATCH it, or send reconciliations where somebody else has switched it off.',
  },
  no_redirect_uri: {
    outcome: 'redirect_uri_unknown',
    detail: 'The node answers with an error page, and the console has the client without this redirect URI.',
    fix: 'Decide whose word counts: send reconciliations.',
  },
  unknown: {
    outcome: 'client_or_redirect_uri_unknown',
    detail:
      'The node answers with an error page: it does not know the client or this redirect URI. The console could not be asked which.',
    fix: 'Try again when PingFederate’s administrative API answers.',
  },
}
