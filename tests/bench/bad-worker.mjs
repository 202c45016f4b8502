/** A worker of the benchmark that crashes or hangs on request. Started by driver.test.ts. */

process.on("message", ({ row }) => {
  if (row.name === "crash") process.kill(process.pid, "SIGKILL");
  if (row.name === "exit") process.exit(3);
  if (row.name === "error") process.send({ error: "an illegal address", noKernel: false });
  if (row.name === "leave") process.send({ timing: 0, sample: null }, () => process.exit());
  if (row.name === "well") process.send({ timing: process.pid, sample: null });
});
process.on("disconnect", () => process.exit());
