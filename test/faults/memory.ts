import { readFileSync, writeFileSync } from 'node:fs'

export const mebibyte = 1024 * 1024

/** For `skip`: memory is read from `/proc`. */
export const cannotMeasureMemory = process.platform !== 'linux' && 'reads /proc'

/** A process's memory in bytes, now or at its highest since it was last reset. */
const readMemory = (pid: number, name: 'VmRSS' | 'VmHWM'): number => {
  const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'),
  ) ?? [undefined, 'NaN']
  return Number(kilobytes) * 1024
}

/** `man 5 proc_pid_clear_refs`: 5 makes the highest value that of now. */
const resetHighest = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** By how many bytes a process has grown at most while something is done, and what came of that. */
export const measureGrowth = async <Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ grown: number; result: Result }> => {
  const before = readMemory(pid, 'VmRSS')
  resetHighest(pid)
  const result = await work()
  return { grown: readMemory(pid, 'VmHWM') - before, result }
}
