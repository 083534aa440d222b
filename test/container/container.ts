import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Image } from './images.ts'

const run = promisify(execFile)

export type ContainerOptions = {
  /** Unique name, and that of a new folder below `folder`. */
  name: string
  folder: string
  image: Image
  env?: Record<string, string> | undefined
  command?: string[] | undefined
  user?: string | undefined
  volumes?: { source: string; destination: string; access: 'ro' | 'rw' }[]
  /** The container whose network is shared, as compose's `network_mode: service:…`; without it, loopback alone. */
  networkOf?: Container
}

export type Container = {
  pid: number
  output(): string
  isHealthy(): Promise<boolean>
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number>
  exitCode: Promise<number>
}

/** Runs an image as compose does: root file system read-only, no capabilities, /tmp in memory, no way to new privileges. */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const { name, folder, image } = options
  const bundle = join(folder, name)
  await mkdir(bundle)
  const hosts = join(bundle, 'hosts')
  await writeFile(hosts, '127.0.0.1 localhost\n')
  // For the user inside, whatever the umask here.
  await chmod(hosts, 0o644)
  await run('runc', ['spec', '--bundle', bundle])
  const file = join(bundle, 'config.json')
  const defaults = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify(toRuntimeConfig(defaults, options, hosts)))
  const runc = ['--root', join(folder, 'runc')]
  const child = spawn('runc', [...runc, 'run', '--bundle', bundle, name], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(child)
  const exitCode = once(child, 'close').then(([code]) => Number(code))
  return {
    pid: await findPid(runc, name, child),
    output,
    exitCode,
    isHealthy: async () => {
      const { Test, Timeout } = image.config.Healthcheck
      return await run('runc', [...runc, 'exec', name, ...Test.slice(1)], { timeout: Timeout / 1e6 }).then(
        () => true,
        () => false,
      )
    },
    stop: async () => {
      await run('runc', [...runc, 'kill', name, 'TERM'])
      return await exitCode
    },
  }
}

/** The part of the OCI runtime's configuration that is changed here. */
type RuntimeConfig = {
  process: Record<string, unknown>
  root: Record<string, unknown>
  mounts: { destination: string; type: string; source: string; options: string[] }[]
  linux: { namespaces: { type: string; path?: string }[] }
}

function toRuntimeConfig(defaults: RuntimeConfig, options: ContainerOptions, hosts: string): RuntimeConfig {
  const { config, root } = options.image
  const [uid, gid] = (options.user ?? config.User).split(':').map(Number)
  const none = Object.fromEntries(Object.keys(Object(defaults.process['capabilities'])).map(key => [key, []]))
  const volumes = [{ source: hosts, destination: '/etc/hosts', access: 'ro' }, ...(options.volumes ?? [])]
  return {
    ...defaults,
    process: {
      ...defaults.process,
      terminal: false,
      // Docker's own, whatever that of this process.
      user: { uid, gid, umask: 0o022 },
      args: options.command ?? config.Cmd,
      env: [...config.Env, ...Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`)],
      cwd: config.WorkingDir,
      capabilities: none,
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    mounts: [
      ...defaults.mounts,
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777'] },
      ...volumes.map(({ source, destination, access }) => ({
        destination,
        type: 'bind',
        source,
        options: ['bind', access],
      })),
    ],
    linux: { ...defaults.linux, namespaces: toNamespaces(defaults, options.networkOf) },
  }
}

function toNamespaces(defaults: RuntimeConfig, networkOf?: Container): RuntimeConfig['linux']['namespaces'] {
  if (!networkOf) return defaults.linux.namespaces
  const others = defaults.linux.namespaces.filter(({ type }) => type !== 'network')
  return [...others, { type: 'network', path: `/proc/${networkOf.pid}/ns/net` }]
}

function collectOutput(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
  }
  return () => text
}

async function findPid(runc: string[], name: string, child: ChildProcess): Promise<number> {
  while (child.exitCode === null) {
    const state = await run('runc', [...runc, 'state', name]).catch(() => undefined)
    const { status, pid } = state ? JSON.parse(state.stdout) : { status: 'absent', pid: 0 }
    if (status === 'running') return pid
    await setTimeout(20)
  }
  // Over before it could be seen running; the exit code tells how.
  return 0
}
