import type { FastifyBaseLogger } from 'fastify'
import type { AuthenticationConfig } from '../authentication/access-token.ts'
import type { IssuerKeys } from '../authentication/issuer-keys.ts'
import { logTexts } from '../log.ts'
import type { PingFederateConfig } from '../pingfederate/config.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { findErrorCode } from './error-code.ts'
import { explainIssuer } from './explain-issuer.ts'
import { explainPingFederate } from './explain-ping-federate.ts'
import { noteTurns, watchTurns } from './watch-turns.ts'

/** The check of the database, with a line in the log when it begins to fail. */
export const watchDatabase = (log: FastifyBaseLogger, check: () => Promise<void>) =>
  watchTurns({
    log,
    texts: { down: logTexts.databaseUnusable, back: logTexts.databaseUsable },
    explain: error => ({
      reason: findErrorCode(error) ?? 'unknown',
      fix: 'Check that the database of DATABASE_URL runs, can be reached from here and has room on its disk.',
    }),
  })(check)

/** The issuer's keys, with a line in the log when they cannot be had: at the start, for readiness or for a token. */
export const watchIssuer = (
  jwt: Pick<AuthenticationConfig, 'issuer' | 'jwksUrl'>,
  log: FastifyBaseLogger,
  create: (told: Record<'onUndiscovered' | 'onKeySet', (failure: unknown) => void>) => IssuerKeys,
): IssuerKeys => {
  const explain = (error: unknown) => explainIssuer(error, jwt)
  const keys = create({
    onUndiscovered: error => log.warn(explain(error), logTexts.issuerUndiscovered),
    onKeySet: noteTurns({
      log,
      texts: { down: logTexts.issuerKeysStale, back: logTexts.issuerUsable },
      explain,
    }),
  })
  const watch = watchTurns({
    log,
    texts: { down: logTexts.issuerUnusable, back: logTexts.issuerUsable },
    explain,
  })
  return { ...keys, warm: watch(keys.warm), findKey: watch(keys.findKey) }
}

/** What is asked for readiness and at the start, with a line in the log when it cannot be had. */
export const watchPingFederate = <T extends Pick<PingFederate, 'getVersion' | 'findClusterState'>>(
  config: Pick<PingFederateConfig, 'adminUrl' | 'credentials'>,
  log: FastifyBaseLogger,
  pingFederate: T,
): T => {
  const watch = watchTurns({
    log,
    texts: { down: logTexts.pingFederateUnusable, back: logTexts.pingFederateUsable },
    explain: error => explainPingFederate(error, config),
  })
  return {
    ...pingFederate,
    getVersion: watch(pingFederate.getVersion),
    findClusterState: watch(pingFederate.findClusterState),
  }
}
