import { parseArgs } from 'node:util'
import { curlCommands } from './demo/curl-commands.ts'
import { host, type Installation, startInstallation } from './demo/installation.ts'
import { choosePorts, type Ports, randomPorts, usualPorts } from './demo/ports.ts'
import { readLogEnd } from './demo/service-process.ts'
import { createStep, describe, StepFailed } from './demo/step.ts'
import { createTerminal } from './demo/terminal.ts'
import { walkThrough } from './demo/walk-through.ts'

/*
 * npm run demo              walks through the service, then keeps it running to be tried out
 * npm run demo -- --exit    ends after the walk-through: with 0 if every step did what it promises, otherwise with 1
 * --random-ports            any free ports instead of 3000, 3443, 9000, 9031, 9032 and 9999
 */
const { values: options } = parseArgs({
  options: {
    exit: { type: 'boolean', default: false },
    'random-ports': { type: 'boolean', default: false },
  },
})

const terminal = createTerminal(text => process.stdout.write(text))
const interruption = new AbortController()
const step = createStep(terminal, interruption.signal)

async function run(): Promise<void> {
  const ports = options['random-ports'] ? randomPorts : await choosePorts(host, usualPorts)
  if (!options['random-ports']) sayFallbacks(ports)
  terminal.heading('From two fields to a login')
  const used = await showWalkThrough(ports)
  if (options.exit) return
  terminal.heading('Your turn')
  // The walk-through took pa_wam, and the examples of the API document are to work as they stand.
  await using installation = await step('Start over, with an empty PingFederate and an empty database', () =>
    startInstallation(used, async (_what, act) => await act()),
  )
  invite(installation)
  const interrupted = Promise.withResolvers<void>()
  interruption.signal.addEventListener('abort', () => interrupted.resolve())
  await Promise.race([interrupted.promise, installation.service.ended])
  if (interruption.signal.aborted) return
  throw new Error(
    `the service has ended; its log ends with:\n${await readLogEnd(installation.service.logFile)}`,
  )
}

async function showWalkThrough(ports: Ports): Promise<Ports> {
  await using installation = await startInstallation(ports, step)
  const { sandbox, pingAccess, service } = installation
  try {
    await walkThrough({ sandbox, pingAccess, serviceUrl: service.url, step })
  } catch (error) {
    terminal.note(`\nThe service's log ends with:\n${await readLogEnd(service.logFile)}`)
    throw error
  }
  return installation.ports
}

function sayFallbacks(ports: Ports): void {
  const taken = Object.entries(usualPorts).filter(([name]) => ports[name as keyof Ports] === 0)
  if (taken.length === 0) return
  const list = new Intl.ListFormat('en').format(taken.map(([, port]) => String(port)))
  terminal.note(`\nTaken: ${taken.length === 1 ? 'port' : 'ports'} ${list}. Free ones are used instead.`)
}

function invite({ sandbox, service }: Installation): void {
  const people = sandbox.people.map(({ name, teams }) => `${name} (${teams.join(', ')})`)
  terminal.note(`
In the browser   ${service.url}/documentation
                 Authorize, log in with one click as ${people.join(', ')}

What it logs     tail -f ${service.logFile}

In a shell       paste these as they are:
`)
  terminal.verbatim(curlCommands(sandbox, service.url))
  terminal.note('Ctrl-C ends it and leaves nothing behind.')
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort())
}

// A closed terminal, or `npm run demo | head`.
process.stdout.on('error', () => interruption.abort())

try {
  await run()
  if (interruption.signal.aborted) terminal.note('Stopped; nothing is left running.')
} catch (error) {
  process.exitCode = interruption.signal.aborted ? 0 : 1
  if (!interruption.signal.aborted && !(error instanceof StepFailed)) terminal.note(`\n${describe(error)}`)
}
