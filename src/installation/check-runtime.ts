import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { Found } from './warning-schema.ts'

/** @param answers of each node the issuer that it names, or why it names none; in the order of the setting */
export const checkRuntime = (answers: readonly (string | PingFederateFailure)[]): Found => {
  const named = answers.filter(answer => typeof answer === 'string')
  return {
    runtime_nodes_unreadable: named.length === answers.length ? null : unreadable(answers),
    // Of nodes that say nothing nobody knows, unless the others differ already.
    ...(new Set(named).size > 1
      ? { issuers_differ: issuersDiffer }
      : named.length === answers.length && { issuers_differ: null }),
  }
}

/** The issuer that all nodes name who name one; undefined where there is no such. */
export const findIssuer = (answers: readonly (string | PingFederateFailure)[]): string | undefined => {
  const issuers = new Set(answers.filter(answer => typeof answer === 'string'))
  const [issuer] = issuers
  return issuers.size === 1 ? issuer : undefined
}

/** By place and kind, because everybody may read it. */
const unreadable = (answers: readonly (string | PingFederateFailure)[]) => {
  const nodes = answers.flatMap((answer, index) =>
    answer instanceof PingFederateFailure ? [`number ${index + 1} (${answer.kind})`] : [],
  )
  return {
    code: 'runtime_nodes_unreadable',
    detail: `Of the runtime nodes in PINGFEDERATE_RUNTIME_URLS these do not show a discovery document that can be used: ${nodes.join(', ')}.`,
    fix: 'Check that each of them runs, that its address is the base URL of a runtime node, by default on port 9031, and that its certificate is trusted (PINGFEDERATE_CA_FILE).',
    fixedBy: 'operator',
  } as const
}

const issuersDiffer = {
  code: 'issuers_differ',
  detail:
    'The runtime nodes name different issuers, and PingAccess takes the id tokens of one issuer only: logins fail at some of them.',
  fix: 'Set one base URL in PingFederate (System, Server, Protocol Settings, Federation Info) and publish it to all engines; or correct PINGFEDERATE_RUNTIME_URLS, where it has a node of another installation.',
  fixedBy: 'pingfederate_administrator',
} as const
