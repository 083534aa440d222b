import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
// Named, because the rules that are on depend on it and redocly looks for it where it is started.
const config = join(import.meta.dirname, '..', '..', 'redocly.yaml')

export type BreakingChange = { pointer: string; rule: string; message: string }

export type Comparison = {
  breaking: BreakingChange[]
  versions: { before: string; after: string }
}

/** The part of redocly's report (reportVersion 1) that is read here. */
type Report = {
  reportVersion: string
  infoVersions: { base: string; revision: string }
  changes: {
    path: string
    kind: string
    impact: string
    property?: string
    verdicts: { ruleId: string; impact: string; message: string }[]
  }[]
}

/** Lists what a caller of the first API document would find broken in the second; both are file paths. */
export async function compareDocuments(before: string, after: string): Promise<Comparison> {
  const report = await createReport(before, after)
  // A report of another shape would read as "nothing is broken".
  if (report.reportVersion !== '1') throw new Error(`redocly diff wrote report ${report.reportVersion}`)
  return {
    breaking: report.changes.filter(change => change.impact === 'major').flatMap(toBreakingChanges),
    versions: { before: report.infoVersions.base, after: report.infoVersions.revision },
  }
}

async function createReport(before: string, after: string): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'api-changes-'))
  try {
    const output = join(folder, 'report.json')
    const options = [`--config=${config}`, '--format=json', '--fail-on=none', `--output=${output}`]
    await run(process.execPath, [redocly(), 'diff', before, after, ...options], {
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    })
    return JSON.parse(await readFile(output, 'utf8'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

function redocly(): string {
  const manifest = createRequire(import.meta.url).resolve('@redocly/cli/package.json')
  return join(dirname(manifest), 'bin', 'cli.js')
}

function toBreakingChanges(change: Report['changes'][number]): BreakingChange[] {
  const verdicts = change.verdicts.filter(verdict => verdict.impact === 'major')
  if (verdicts.length === 0) {
    const message = `${change.property ?? 'This'} was ${change.kind}.`
    return [{ pointer: change.path, rule: change.kind, message }]
  }
  return verdicts.map(({ ruleId, message }) => ({ pointer: change.path, rule: ruleId, message }))
}

/** Semantic versioning's licence to break: the major number rose, or below 1.0 the minor number. */
export function permitsBreaking(before: string, after: string): boolean {
  const [majorBefore, minorBefore] = parseVersion(before)
  const [majorAfter, minorAfter] = parseVersion(after)
  if (majorAfter !== majorBefore) return majorAfter > majorBefore
  return majorAfter === 0 && minorAfter > minorBefore
}

function parseVersion(version: string): [major: number, minor: number] {
  const match = /^(\d+)\.(\d+)\.\d+/.exec(version)
  if (!match) throw new Error(`info.version '${version}' is not a semantic version`)
  return [Number(match[1]), Number(match[2])]
}
