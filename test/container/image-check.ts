import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { readCompose, repository } from './compose.ts'
import { type Container, startContainer } from './container.ts'
import { createImageStore, type Image, type ImageStore } from './images.ts'
import { startPostgres } from './postgres.ts'

// Builds and runs the real images; `npm run check:image`. Slow, as root and with Debian's tools, so not in `npm test`.

const { services } = readCompose('docker-compose.yml')

let folder: string
let store: ImageStore
let production: Image
let sandbox: Image

before(async () => {
  const missing = ['buildah', 'debootstrap', 'runc'].filter(tool => spawnSync(tool, ['--version']).error)
  assert.deepEqual(missing, [], 'install these Debian packages')
  folder = await mkdtemp(join(tmpdir(), 'image-check-'))
  store = await createImageStore(folder)
  production = await store.build('production')
  sandbox = await store.build('sandbox')
})

after(async () => {
  await store?.close()
  await rm(folder, { recursive: true })
})

test('the production image holds the service, and neither sandbox nor development dependencies', () => {
  const app = join(production.root, 'app')
  for (const file of ['main.js', 'main.js.map']) assert.ok(existsSync(join(app, 'dist', file)))
  assert.ok(!readFileSync(join(app, 'dist', 'main.js.map'), 'utf8').includes('src/sandbox/'))
  assert.ok(!existsSync(join(app, 'src', 'sandbox')))
  assert.ok(existsSync(join(app, 'node_modules', 'fastify')))
  assert.deepEqual(
    listDevelopmentPackages().filter(path => existsSync(join(app, path))),
    [],
  )
})

test('no image holds the settings of a package registry', () => {
  for (const { root } of [production, sandbox]) {
    const files = ['root/.npmrc', 'usr/local/etc/npmrc', 'app/.npmrc']
    assert.deepEqual(
      files.filter(file => existsSync(join(root, file))),
      [],
    )
  }
})

test('the production image is labelled and runs as production', () => {
  const { Env, Labels } = production.config
  assert.ok(Env.includes('NODE_ENV=production'))
  assert.equal(Labels['org.opencontainers.image.title'], 'web-session-clients')
})

test('the data volume belongs to the user of the service, who can write nowhere else', async () => {
  assert.equal(statSync(join(production.root, 'app', 'data')).uid, 1000)
  const container = await startContainer({
    name: 'writable',
    folder,
    image: production,
    command: ['find', '/app', '/usr', '-writable', '-not', '-type', 'l'],
    volumes: [await createVolume('writable-data', '/app/data')],
  })
  await container.exitCode
  assert.equal(container.output().trim(), '/app/data')
})

test('an unconfigured service stops and says what it needs', async () => {
  const volumes = [await createVolume('unconfigured-data', '/app/data')]
  const container = await startContainer({ name: 'unconfigured', folder, image: production, volumes })
  assert.notEqual(await container.exitCode, 0)
  for (const name of ['PINGFEDERATE_ADMIN_URL', 'JWT_ISSUER', 'JWT_AUDIENCE', 'SECRET_KEY']) {
    assert.match(container.output(), new RegExp(`\\b${name}\\b`))
  }
})

test('the image brings everything compiled that a start loads, for the user of the service', async () => {
  const container = await startContainer({
    name: 'compiled',
    folder,
    image: production,
    env: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
    volumes: [await createVolume('compiled-data', '/app/data')],
  })
  await container.exitCode
  const lines = container.output().split('\n')
  const reads = lines.filter(line => line.includes('reading cache from'))
  assert.ok(reads.some(line => line.includes('file:///app/dist/main.js')))
  assert.deepEqual(
    reads.filter(line => !line.includes('success')),
    [],
  )
})

test('both replicas and the sandbox become healthy with what compose gives them, and exit 0 on SIGTERM', async t => {
  const keys = await createVolume('keys', '/keys', 0)
  const password = await createVolume('postgres-password', '/postgres', 0)
  const secretKey = await start('secret-key', { image: production, volumes: [keys, password] })
  assert.equal(await secretKey.exitCode, 0, secretKey.output())
  assert.match(readFileSync(join(keys.source, 'secret-key'), 'utf8'), /^[\w-]{43}$/)
  const databaseUrl = readFileSync(join(keys.source, 'database-url'), 'utf8')
  assert.ok(databaseUrl.includes(`:${readFileSync(join(password.source, 'password'), 'utf8')}@localhost:`))

  const pingFederate = await start('sandbox', { image: sandbox })
  t.after(() => stopQuietly(pingFederate))
  await waitUntilHealthy(pingFederate)
  const postgres = await startPostgres(pingFederate, databaseUrl)
  t.after(postgres.stop)
  const startReplica = async (name: string) => {
    const data = await createVolume(`data-of-${name}`, '/app/data')
    const volumes = [{ ...keys, access: 'ro' as const }, data]
    return start(name, { image: production, networkOf: pingFederate, volumes })
  }
  const names = ['web-session-clients', 'web-session-clients-replica']
  const replicas = await Promise.all(names.map(startReplica))
  for (const replica of replicas) t.after(() => stopQuietly(replica))
  await Promise.all(replicas.map(waitUntilHealthy))

  for (const replica of replicas) assert.equal(await replica.stop(), 0, replica.output())
  assert.equal(await pingFederate.stop(), 0, pingFederate.output())
})

/** Starts a service of docker-compose.yml with its command, user and environment. */
function start(
  name: string,
  options: { image: Image; networkOf?: Container; volumes?: Awaited<ReturnType<typeof createVolume>>[] },
): Promise<Container> {
  const { command, environment, user } = services[name] ?? {}
  const given = Object.entries(environment ?? {}).filter(entry => entry[1] !== null)
  const env: Record<string, string> = Object.fromEntries(given.map(([key, value]) => [key, String(value)]))
  return startContainer({ name, folder, command, env, user, ...options })
}

async function createVolume(name: string, destination: string, uid = 1000) {
  const source = join(folder, 'volumes', name)
  await mkdir(source, { recursive: true })
  // As a container engine makes it, whatever the umask here.
  await chmod(source, 0o755)
  await chown(source, uid, uid)
  return { source, destination, access: 'rw' as 'ro' | 'rw' }
}

/** Paths below the root of everything that the lock file marks as needed for development only. */
function listDevelopmentPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8'))
  const packages = Object.entries<{ dev?: boolean }>(lock.packages)
  return packages.filter(([, entry]) => entry.dev).map(([path]) => path)
}

async function waitUntilHealthy(container: Container): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await container.isHealthy())) {
    assert.ok(Date.now() < deadline, `not healthy within 60 s:\n${container.output()}`)
    await setTimeout(500)
  }
}

async function stopQuietly(container: Container): Promise<void> {
  await container.stop().catch(() => undefined)
}
