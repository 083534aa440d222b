import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { toVariables } from '../sandbox/pingaccess/started.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt } from './kill.ts'

const writes = ['POST /certificates', 'POST /trustedCertificateGroups', 'PUT /pingfederate/runtime']

type Started = {
  start: () => Promise<ServiceProcess>
  importCertificate: (service: ServiceProcess) => ReturnType<ServiceProcess['call']>
  /** Writes that PingAccess has been sent. */
  written: string[]
  /** Called after each. */
  onWrite: { call: (count: number) => unknown }
}

/** A PingAccess that does not trust PingFederate yet, and a service that may change that. */
const prepare = async (t: TestContext, { sandbox, start }: Installation): Promise<Started> => {
  const pingAccess = await sandbox.startPingAccess()
  const folder = await mkdtemp(join(tmpdir(), 'import-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const certificateFile = join(folder, 'pingfederate.pem')
  await writeFile(certificateFile, pingAccess.certificate)
  const env = {
    ...toVariables(pingAccess),
    PINGFEDERATE_RUNTIME_URLS: pingAccess.issuer,
    PINGFEDERATE_CA_FILE: certificateFile,
  }
  const token = await sandbox.accessToken({ service: 'operator' })
  const written: string[] = []
  const onWrite: Started['onWrite'] = { call: () => undefined }
  pingAccess.onExchange(({ method, path }) => {
    if (method !== 'GET') onWrite.call(written.push(`${method} ${path}`))
  })
  return {
    start: () => start({ env }),
    importCertificate: ({ call }) => call('POST', '/token-provider/certificate', { body: {}, token }),
    ...{ written, onWrite },
  }
}

/** What is left is done by the next, and nothing a second time. */
const checkCompleted = async ({ start, importCertificate, written }: Started): Promise<void> => {
  const before = written.length
  const service = await start()
  const { status, body } = await importCertificate(service)
  assert.equal(status, before === writes.length ? 200 : 201, JSON.stringify(body))
  assert.deepEqual(written, writes)
  const { body: tokenProvider } = await service.call('GET', '/token-provider')
  assert.equal(tokenProvider.pingAccess.trusts, true)
  await service.kill()
}

for (const [engine, install] of Object.entries(useEngines())) {
  for (const [where, halt] of [
    ['before its intent is committed', { when: 'before', commit: 1 }],
    ['after its intent', { when: 'after', commit: 1 }],
    ['before its end is committed', { when: 'before', commit: 2 }],
  ] as const)
    test(`on ${engine}, an import of the certificate is killed ${where}: the next completes it`, async t => {
      const started = await prepare(t, await install(t))
      const service = await started.start()
      await killAt(service, halt, () => started.importCertificate(service))
      await checkCompleted(started)
    })

  for (const [index, write] of writes.entries())
    test(`on ${engine}, an import of the certificate is killed after ${write}: the next completes it`, async t => {
      const started = await prepare(t, await install(t))
      const service = await started.start()
      const killed = new Promise<void>((resolve, reject) => {
        started.onWrite.call = count => {
          if (count === index + 1) service.kill().then(resolve, reject)
        }
      })
      await assert.rejects(started.importCertificate(service))
      await killed
      started.onWrite.call = () => undefined
      await checkCompleted(started)
    })
}
