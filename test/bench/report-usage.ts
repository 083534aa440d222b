/*
 * Preloaded into every process that is measured: tells what it has used so far when its parent asks. From inside,
 * because only the process itself knows its CPU time to the microsecond on every platform.
 */
process.on('message', message => {
  if (message !== 'usage') return
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  process.send?.({ cpuMicroseconds: userCPUTime + systemCPUTime, residentBytes: process.memoryUsage.rss() })
})
// Whatever ends the benchmark ends what it has started.
process.on('disconnect', () => process.exit())
// Asking must not keep a process alive that has finished.
process.channel?.unref()
