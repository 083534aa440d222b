import type { Actor } from '../audit/actor.ts'
import type { AuditDetails, AuditedStore } from '../audit/record.ts'
import { asPingAccessFailure, PingAccessFailure } from '../pingaccess/failure.ts'
import type { PingAccess } from '../pingaccess/ping-access.ts'
import { planTrust } from '../pingaccess/plan-trust.ts'
import { toPingAccessProblem } from '../pingaccess/to-problem.ts'
import { type LiveTrust, type TrustCall, toSha256 } from '../pingaccess/trust-calls.ts'
import { Problem } from '../problem.ts'

export type TrustDependencies = {
  store: Pick<AuditedStore, 'write'>
  pingAccess: Pick<PingAccess, 'readTrust' | 'writeTrust'>
}

type Wanted = Parameters<typeof planTrust>[1]

type Written = {
  /** As it was read last. */
  live: LiveTrust
  /** The calls that have changed something, such as `POST /certificates`. */
  written: string[]
}

/**
 * Sends the calls that are left, each checked by reading, until none is. `intended` is in the audit trail before the first;
 * where that cannot be written, nothing is sent. `done` or `failed` follows; where that cannot be written, the result stands.
 * @throws Problem what the plan or PingAccess refuses, with what was done before
 */
export const writeTrust = async (
  { pingAccess, store }: TrustDependencies,
  wanted: Wanted,
  actor: Actor,
): Promise<Written> => {
  const live = await pingAccess.readTrust()
  if (planTrust(live, wanted).length === 0) return { live, written: [] }
  const fingerprint = toSha256(wanted.shown.x509.fingerprint256)
  const record = (end: Pick<AuditDetails, 'outcome' | 'reason'>, durable: boolean) =>
    store.write((_trx, record) => record(actor, { action: 'token-provider.trust', ...end }), { durable })
  const recordEnd = (end: Pick<AuditDetails, 'outcome' | 'reason'>) =>
    record(end, false).catch(() => undefined)
  await record({ outcome: 'intended', reason: fingerprint }, true)
  const written: string[] = []
  try {
    const result = await writeAll(pingAccess, { wanted, live, written })
    await recordEnd({ outcome: 'done', reason: fingerprint })
    return result
  } catch (error) {
    const problem = toTold(error, written)
    await recordEnd({
      outcome: 'failed',
      reason: problem instanceof Problem ? problem.code : 'internal_error',
    })
    throw problem
  }
}

/** Three calls, and as many that find that somebody else has done it meanwhile. */
const maxCalls = 6

type Progress = Written & { wanted: Wanted }

const writeAll = async (
  pingAccess: TrustDependencies['pingAccess'],
  { wanted, live: begun, written }: Progress,
): Promise<Written> => {
  let live = begun
  for (let sent = 0; sent <= maxCalls; sent += 1) {
    const [call] = planTrust(live, wanted)
    if (call === undefined) return { live, written }
    const failure = await send(pingAccess, call)
    live = await look(pingAccess, failure)
    if (isLeft(call, planTrust(live, wanted))) throw failure ?? hasNoEffect(call)
    if (failure === undefined || failure.isAmbiguous) written.push(toText(call))
  }
  throw keepsChanging()
}

/** A refusal may come from a twin that has the alias or the name since; what may have been done is looked up, too. */
const send = async (
  pingAccess: TrustDependencies['pingAccess'],
  call: TrustCall,
): Promise<PingAccessFailure | undefined> => {
  const failure = await pingAccess.writeTrust(call).then(() => undefined, asPingAccessFailure)
  if (failure && !failure.isAmbiguous && failure.kind !== 'invalid') throw failure
  return failure
}

/** Where the look fails too, the write is what the caller is told of. */
const look = async (
  { readTrust }: TrustDependencies['pingAccess'],
  failure: PingAccessFailure | undefined,
): Promise<LiveTrust> =>
  readTrust().catch(error => {
    throw failure ?? error
  })

const isLeft = ({ method, path }: TrustCall, [next]: readonly TrustCall[]): boolean =>
  next?.method === method && next.path === path

const toText = ({ method, path }: TrustCall): string => `${method} ${path}`

const hasNoEffect = (call: TrustCall): Problem =>
  new Problem(
    'pingaccess_invalid_response',
    `PingAccess has said that ${toText(call)} is done, and does not have it. The operator has to look at its log.`,
    { headers: { 'retry-after': '30' } },
  )

const keepsChanging = (): Problem =>
  new Problem('pingaccess_error', 'Somebody else is changing the same in PingAccess. Try again.', {
    headers: { 'retry-after': '10' },
  })

/** The caller's own field that a field of PingAccess comes from. */
const toPointer = (field: string): string | undefined =>
  field === 'name' ? '/trustedCertificateGroup' : undefined

/** What was done before is not undone: the same request goes on from there. */
const toTold = (error: unknown, written: readonly string[]): unknown => {
  const problem = error instanceof PingAccessFailure ? toPingAccessProblem(error, toPointer) : error
  if (!(problem instanceof Problem) || written.length === 0) return problem
  const { code, violations = [], headers, cause } = problem
  const detail = `${problem.message} Before that ${written.join(' and ')} was done and stays; the same request goes on from there.`
  return new Problem(code, detail, { headers, cause, ...(violations.length > 0 && { violations }) })
}
