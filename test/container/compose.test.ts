import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { DCLinter } from 'dclint'
import { readCompose, repository, type Service } from './compose.ts'
import { parseDockerfile } from './dockerfile.ts'

/** Written down here because dclint's own type declarations import files that its package leaves out. */
type LintResult = { messages: { line: number; rule: string; message: string }[] }

const files = ['docker-compose.yml']
// The sandbox and PingFederate stand on the same ports because they stand in for each other.
const rules = { 'no-duplicate-exported-ports': 0 }
const replicas = ['web-session-clients', 'web-session-clients-replica']
const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] })
const targets = parseDockerfile(readFileSync(join(repository, 'Dockerfile'), 'utf8')).map(({ name }) => name)

for (const file of files) {
  describe(file, () => checkFile(file))
}

function checkFile(file: string): void {
  const { services } = readCompose(file)
  const entries = Object.entries(services)
  const ours = entries.filter(([, service]) => service.build)

  test('has no lint problem', () => {
    const results: LintResult[] = linter.lintFiles([join(repository, file)], false)
    const problems = results.flatMap(({ messages }) => messages)
    assert.deepEqual(
      problems.map(({ line, rule, message }) => `${line}: ${message} (${rule})`),
      [],
    )
  })

  test('publishes ports to this machine only', () => {
    const ports = entries.flatMap(([, service]) => service.ports ?? [])
    assert.ok(ports.length > 0)
    assert.deepEqual(
      ports.filter(port => !port.startsWith('127.0.0.1:')),
      [],
    )
  })

  for (const [name, service] of ours) test(`runs ${name} hardened`, () => checkHardening(service))

  for (const [name, { build }] of ours) {
    test(`builds ${name} from a stage of the Dockerfile`, () => {
      assert.ok(build && targets.includes(build.target))
    })
  }

  test('limits the memory of every service', () => {
    assert.deepEqual(
      entries.filter(([, service]) => !service.mem_limit).map(([name]) => name),
      [],
    )
  })

  test('starts the service after whatever it needs is healthy', () => {
    for (const name of replicas) {
      const { sandbox, postgres, 'secret-key': key } = services[name]?.depends_on ?? {}
      assert.equal(sandbox?.condition, 'service_healthy')
      assert.equal(postgres?.condition, 'service_healthy')
      assert.equal(key?.condition, 'service_completed_successfully')
    }
  })

  test('keeps the database in a volume', () => {
    assert.ok(services['postgres']?.volumes?.includes('postgres:/var/lib/postgresql'))
    assert.ok(services['web-session-clients-pingfederate']?.volumes?.includes('data-pingfederate:/app/data'))
  })
}

test('the two replicas differ in their port only, and share database and server key', () => {
  const { services } = readCompose('docker-compose.yml')
  const [first, second] = replicas.map(name => services[name]?.environment ?? {})
  const differing = Object.keys(first ?? {}).filter(name => first?.[name] !== second?.[name])
  assert.deepEqual(differing, ['PORT', 'PUBLIC_URL'])
  assert.deepEqual(Object.keys(first ?? {}).toSorted(), Object.keys(second ?? {}).toSorted())
  assert.equal(first?.['DATABASE_URL_FILE'], '/keys/database-url')
})

test('PostgreSQL is pinned, hardened like the service, on loopback, and cannot read the server key', () => {
  const { postgres } = readCompose('docker-compose.yml').services
  assert.ok(postgres)
  assert.match(postgres.image ?? '', /:\d+\.\d+-[a-z]+$/)
  checkHardening(postgres)
  assert.ok(postgres.command?.includes('listen_addresses=127.0.0.1'))
  assert.ok(!postgres.volumes?.some(volume => volume.startsWith('keys:')))
})

function checkHardening(service: Service): void {
  assert.equal(service.read_only, true)
  assert.deepEqual(service.cap_drop, ['ALL'])
  assert.deepEqual(service.security_opt, ['no-new-privileges:true'])
  assert.ok(service.pids_limit)
}

test('`docker compose up` starts the sandbox and needs no variable, the profile starts PingFederate', () => {
  const services = Object.entries(readCompose('docker-compose.yml').services)
  const byDefault = services.filter(([, { profiles }]) => !profiles)
  assert.deepEqual(byDefault.map(([name]) => name).toSorted(), [
    'postgres',
    'sandbox',
    'secret-key',
    ...replicas,
  ])
  assert.doesNotMatch(JSON.stringify(byDefault), /\$\{/)
  const inProfile = services.filter(([, { profiles }]) => profiles?.includes('pingfederate'))
  assert.deepEqual(inProfile.map(([name]) => name).toSorted(), [
    'pingfederate',
    'web-session-clients-pingfederate',
  ])
})

test('no variable is demanded, because compose would demand it of the sandbox too', () => {
  assert.doesNotMatch(
    readFileSync(join(repository, 'docker-compose.yml'), 'utf8').replaceAll(/^\s*#.*$/gm, ''),
    /\$\{\w+:?\?/,
  )
})

test('with a real PingFederate every secret comes from outside', () => {
  const { services, secrets } = readCompose('docker-compose.yml')
  for (const { file } of Object.values(secrets ?? {})) assert.match(file, /^\$\{\w+_FILE:-\.\/secrets\/.+\}$/)
  const settings = Object.entries(services)
    .filter(([, { profiles }]) => profiles?.includes('pingfederate'))
    .flatMap(([, service]) => Object.entries(service.environment ?? {}))
  const secret = settings.filter(([name]) => /PASSWORD|SECRET|_KEY/.test(name))
  assert.ok(secret.length > 0)
  for (const [, value] of secret) assert.match(value ?? '', /^(\$\{\w+:-\}|\/run\/secrets\/.+)$/)
})

test('the one password that is written down belongs to the sandbox and says so', () => {
  const { services } = readCompose('docker-compose.yml')
  const passwords = Object.values(services)
    .filter(({ profiles }) => !profiles)
    .flatMap(service => Object.entries(service.environment ?? {}))
    .filter(([name]) => /PASSWORD|SECRET|_KEY/.test(name) && !name.endsWith('_FILE'))
    .map(([, value]) => value)
  assert.deepEqual([...new Set(passwords)], ['demo-password-of-the-sandbox'])
})
