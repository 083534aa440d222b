import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { compileCache } from '../compile-cache.ts'

const mebibyte = 1024 * 1024
const source = new URL('../../src/limits/old-generation.ts', import.meta.url).href
const script = `
  import { getHeapStatistics } from 'node:v8'
  import { readNodeFlags, toOldGenerationLimit } from ${JSON.stringify(source)}
  const { heap_size_limit: heap } = getHeapStatistics()
  console.log(JSON.stringify({ heap, old: toOldGenerationLimit(heap, readNodeFlags()) }))
`

/** What a Node.js that is started so finds out about its own heap, in MiB. */
const measure = async (flags: string[], nodeOptions = ''): Promise<{ heap: number; old: number }> => {
  const args = [...flags, '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...compileCache, NODE_OPTIONS: nodeOptions },
  })
  const { heap, old } = JSON.parse(stdout) as { heap: number; old: number }
  return { heap: heap / mebibyte, old: old / mebibyte }
}

for (const semiSpace of [[], ['--max-semi-space-size=4'], ['--max_semi_space_size=1']])
  test(`the old generation’s limit is what Node.js was told, with ${semiSpace.join() || 'semi-spaces as they come'}`, async () => {
    assert.equal((await measure(['--max-old-space-size=96', ...semiSpace])).old, 96)
  })

test('the command’s flag counts, then that of NODE_OPTIONS', async () => {
  assert.equal((await measure([], '--no-warnings --max_old_space_size=128')).old, 128)
  assert.equal((await measure(['--max-old-space-size=96'], '--max-old-space-size=128')).old, 96)
})

test('three semi-spaces are for the young generation', async () => {
  const { heap, old } = await measure(['--max-semi-space-size=8'])
  assert.equal(old, heap - 24)
})

for (const flags of [[], ['--max-heap-size=128'], ['--max-heap-size=512']])
  test(`without sizes of its parts a heap leaves the old generation nine tenths, less than it has: ${flags.join() || 'no flags'}`, async () => {
    const { heap, old } = await measure(flags)
    assert.ok(old > 0.9 * heap && old < 0.95 * heap, `${old} of ${heap}`)
  })
