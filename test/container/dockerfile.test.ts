import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { validate } from 'dockerfile-utils'
import { listValues, parseDockerfile, readMemoryLimits, type Stage } from './dockerfile.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const text = read('Dockerfile')
const stages = parseDockerfile(text)

function stage(name: string): Stage {
  const found = stages.find(candidate => candidate.name === name)
  assert.ok(found, `the Dockerfile has no stage '${name}'`)
  return found
}

test('the Dockerfile has no lint problem', () => {
  const problems = validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)
  assert.deepEqual(problems, [])
})

test('the production stage is the last one, so that a build without a target is the production image', () => {
  assert.equal(stages.at(-1)?.name, 'production')
})

test('every stage builds on the replaceable base image, which has the Node version of the tests', () => {
  assert.deepEqual([...new Set(stages.map(({ base }) => base))], [`\${BASE_IMAGE}`])
  const tag = /^ARG BASE_IMAGE=\S+:(\d+)-/m.exec(text)?.[1]
  assert.equal(tag, JSON.parse(read('package.json')).devDependencies.node.split('.')[0])
})

test('the production stage never copies the sandbox', () => {
  assert.deepEqual(listValues(stage('production'), 'COPY'), [
    '--from=production-dependencies /app/node_modules ./node_modules',
    '--from=production-source /app ./',
    '--from=bundle /app/dist ./dist',
    '--from=compile-cache /compiled /compiled',
    '--from=production-source --chown=1000:1000 /volumes ./',
  ])
  assert.deepEqual(listValues(stage('bundle'), 'COPY'), [
    '--from=sandbox-dependencies /app/node_modules ./node_modules',
    '--from=production-source /app ./',
  ])
  const source = stage('production-source')
  assert.match(listValues(source, 'RUN').join('\n'), /\brm -rf src\/sandbox\b/)
  assert.equal(source.instructions.at(-1)?.keyword, 'RUN')
})

test('the production stage has no development dependency', () => {
  assert.deepEqual(listValues(stage('production-dependencies'), 'RUN'), [
    'npm ci --omit=dev --ignore-scripts --no-audit --no-fund',
  ])
})

test('what was compiled is made by the user who runs the service, in the same place, and nobody may change it', () => {
  const cache = stage('compile-cache')
  assert.deepEqual(listValues(cache, 'USER'), listValues(stage('production'), 'USER'))
  assert.deepEqual(listValues(cache, 'WORKDIR'), listValues(stage('production'), 'WORKDIR'))
  assert.deepEqual(listValues(cache, 'ENV'), listValues(stage('production'), 'ENV'))
  assert.match(cache.instructions.at(-1)?.value ?? '', /\bchmod --recursive a=rX \/compiled$/)
})

for (const name of ['production', 'sandbox']) {
  test(`the ${name} stage runs as uid 1000`, () => {
    assert.deepEqual(listValues(stage(name), 'USER'), ['1000:1000'])
    assert.deepEqual(listValues(stage(name), 'RUN'), [])
  })

  test(`the ${name} stage starts node without a shell, so that SIGTERM arrives at it`, () => {
    const production = '"--disable-sigusr1", "--report-exclude-env", "dist/main.js"'
    const rest = name === 'production' ? production : '"src/sandbox/main.ts"'
    assert.deepEqual(listValues(stage(name), 'CMD'), [`["node", ${rest}]`])
    assert.deepEqual(listValues(stage(name), 'ENTRYPOINT'), [])
  })

  test(`the ${name} stage tells its health through node`, () => {
    const [health = ''] = listValues(stage(name), 'HEALTHCHECK')
    const command = JSON.parse(health.slice(health.indexOf('[')))
    assert.deepEqual(command.slice(0, 2), ['node', '--eval'])
    assert.doesNotThrow(() => new Function(command[2]))
  })
}

test('the image and `npm start` set the same limits to memory, and an operator’s own count more', () => {
  const { start } = JSON.parse(read('package.json')).scripts
  const { NODE_OPTIONS: options, MALLOC_ARENA_MAX: arenas } = readMemoryLimits()
  assert.ok(options && arenas)
  assert.ok(
    start.startsWith(
      `NODE_OPTIONS="${options} $NODE_OPTIONS" MALLOC_ARENA_MAX=\${MALLOC_ARENA_MAX:-${arenas}} `,
    ),
  )
})

test('the production stage writes to its data volume only', () => {
  assert.deepEqual(listValues(stage('production'), 'VOLUME'), ['["/app/data"]'])
})

test('no stage takes a secret or the settings of a package registry', () => {
  const settings = stages.flatMap(item => [...listValues(item, 'ARG'), ...listValues(item, 'ENV')])
  assert.deepEqual(
    settings.filter(setting => /secret|key|token|password|registry/i.test(setting)),
    [],
  )
  const copies = stages.flatMap(item => listValues(item, 'COPY'))
  assert.deepEqual(
    copies.filter(copy => copy.includes('npmrc')),
    [],
  )
})

test('the build context holds nothing but what is copied from it', () => {
  const allowed = read('.dockerignore')
    .split('\n')
    .filter(line => line && !line.startsWith('#'))
  assert.deepEqual(allowed, ['*', '!package.json', '!package-lock.json', '!src'])
})
