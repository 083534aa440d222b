import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from './compose.ts'

const run = promisify(execFile)

export type ImageConfig = {
  Cmd: string[]
  Env: string[]
  /** Timeout in nanoseconds. */
  Healthcheck: { Test: string[]; Timeout: number }
  Labels: Record<string, string>
  User: string
  WorkingDir: string
}

export type Image = { root: string; config: ImageConfig }

export type ImageStore = {
  build(target: string): Promise<Image>
  close(): Promise<void>
}

/** Builds this repository's images below a folder, on a base that needs no image registry. */
export async function createImageStore(folder: string): Promise<ImageStore> {
  const storage = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')]
  const driver = await findStorageDriver(storage)
  const cwd = await copyClosed(folder)
  const buildah: Buildah = async (command, ...args) => {
    const options = { cwd, maxBuffer: 64 * 1024 * 1024 }
    const { stdout } = await run(
      'buildah',
      [...storage, '--storage-driver', driver, command, ...args],
      options,
    )
    return stdout.trim()
  }
  const base = process.env['BASE_IMAGE'] ?? (await buildStandIn(buildah, folder))
  return {
    build: target => build(buildah, base, target),
    close: async () => void (await buildah('rm', '--all')),
  }
}

/** What is built from, as it is where a umask leaves everybody but its owner out: images have to run all the same. */
async function copyClosed(folder: string): Promise<string> {
  const copy = join(folder, 'repository')
  for (const name of ['Dockerfile', '.dockerignore', 'package.json', 'package-lock.json', 'src'])
    await cp(join(repository, name), join(copy, name), { recursive: true })
  await run('chmod', ['-R', 'go=', copy])
  return copy
}

type Buildah = (command: string, ...args: string[]) => Promise<string>

async function findStorageDriver(storage: string[]): Promise<string> {
  try {
    await run('buildah', [...storage, '--storage-driver', 'overlay', 'info'])
    return 'overlay'
  } catch {
    // Copies every layer, which works on every file system and takes some seconds longer.
    return 'vfs'
  }
}

/** Debian with the Node that runs this and its npm: what node:24-trixie-slim is, without asking an image registry. */
async function buildStandIn(buildah: Buildah, folder: string): Promise<string> {
  const root = join(folder, 'base')
  await run('debootstrap', ['--variant=minbase', 'trixie', root], { maxBuffer: 64 * 1024 * 1024 })
  const local = join(root, 'usr', 'local')
  await cp(process.execPath, join(local, 'bin', 'node'))
  await mkdir(join(local, 'lib', 'node_modules'), { recursive: true })
  await cp(npmFolder(), join(local, 'lib', 'node_modules', 'npm'), { recursive: true })
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'))
  // As in the image that it stands in for, whatever they are here.
  await run('chmod', ['-R', 'a+rX', local])
  const file = join(folder, 'Dockerfile.base')
  await writeFile(file, 'FROM scratch\nADD . /\n')
  await buildah('build', '--isolation=chroot', '--tag=localhost/stand-in', `--file=${file}`, root)
  return 'localhost/stand-in'
}

/** The npm that runs this script says where it is, whatever node comes first in PATH. */
function npmFolder(): string {
  const cli = process.env['npm_execpath']
  if (!cli) throw new Error('Run this as an npm script: npm run check:image')
  return dirname(dirname(realpathSync(cli)))
}

async function build(buildah: Buildah, base: string, target: string): Promise<Image> {
  const tag = `localhost/${target}`
  const options = ['--isolation=chroot', '--format=docker', '--layers', `--build-arg=BASE_IMAGE=${base}`]
  const volumes = (await listNpmSettings()).map(volume => `--volume=${volume}`)
  await buildah('build', ...options, ...volumes, `--target=${target}`, `--tag=${tag}`, '.')
  const { Docker } = JSON.parse(await buildah('inspect', '--type=image', tag))
  return { root: await buildah('mount', await buildah('from', tag)), config: Docker.config }
}

/**
 * How this machine reaches its package registry, mounted for the time of the build: the image and the repository
 * hold none of it.
 */
async function listNpmSettings(): Promise<string[]> {
  const settings: [key: string, destination?: string][] = [
    ['userconfig', '/root/.npmrc'],
    ['globalconfig', '/usr/local/etc/npmrc'],
    ['cafile'],
  ]
  const volumes = await Promise.all(
    settings.map(async ([key, destination]) => {
      const { stdout } = await run('npm', ['config', 'get', key], { cwd: dirname(repository) })
      const source = stdout.trim()
      return existsSync(source) ? [`${source}:${destination ?? source}:ro`] : []
    }),
  )
  return volumes.flat()
}
