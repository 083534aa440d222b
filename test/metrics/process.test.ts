import assert from 'node:assert/strict'
import { test } from 'node:test'
import { version } from '../../src/version.ts'
import { startTestService } from '../service.ts'
import { readMetrics, sumOf } from './exposition.ts'

test('the process tells its version, its age, and what it takes', async t => {
  const metrics = await readMetrics(await startTestService(t))
  const { node } = process.versions
  assert.equal(sumOf(metrics, 'web_session_clients_build_info', { version, node }), 1)
  const startedAt = sumOf(metrics, 'process_start_time_seconds') ?? 0
  assert.ok(Math.abs(startedAt - performance.timeOrigin / 1000) < 1)
  const within = (name: string, least: number, most: number) => {
    const value = sumOf(metrics, name) ?? Number.NaN
    assert.ok(value > least && value < most, `${name} ${value}`)
  }
  within('process_cpu_seconds_total', 0.01, 86_400)
  within('process_resident_memory_bytes', 10e6, 64e9)
  within('nodejs_heap_used_bytes', 1e6, sumOf(metrics, 'nodejs_heap_limit_bytes') ?? 0)
  if (process.platform === 'linux') within('process_open_fds', 3, 1e6)
})

test('the delay of the event loop is observed all the time, not only when somebody asks', async t => {
  const service = await startTestService(t)
  const observed = async () => sumOf(await readMetrics(service), 'nodejs_eventloop_delay_seconds_count') ?? 0
  while ((await observed()) < 3);
  assert.ok((await observed()) >= 3)
})
