#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Batch jobs against libvips, OpenCV and Pillow, side by side in one run.

usage: ./dev bench peers [RUNS [JOB...]]        jobs: copy half thumb blur8 median5

Uses the scripts of ../shared/peers where they are (set-up of the peers, corpus of 24 photographs, one job with one
peer); elsewhere it says so and ends. Every round runs yoke and each peer once, in turn, so that a change of the
machine's speed meets all of them; the ratio is taken within the round. yoke is timed as a whole process, the peers
without their start-up and imports. All use one worker per processor and write PNG: the peers at zlib level 6.
The processor time is that of yoke's whole process; of a peer's, without start-up and imports, for its job alone.
Gates: GATES below, against the better of the peers named there, by wall time and by processor time.
"""
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PIPELINES = {
    "copy": "",
    "half": "resize 50% | blur 2 | sharpen 1",
    "thumb": "resize 256x256",
    "blur8": "blur 8",
    "median5": "median 5",
}
TOOLS = ("vips", "opencv", "pillow")
# How many times as fast as which peers, and how large the output may be beside libvips': None where that is not asked.
GATES = {
    "copy": (8, ("vips", "opencv"), None),
    "half": (5, ("vips", "opencv"), 1.03),
    "thumb": (3, ("vips",), None),
    "blur8": (4, ("vips", "opencv"), None),
    "median5": (4, ("vips", "opencv"), None),
}
SLOW = {("pillow", "median5")}  # takes minutes and is never the better one


def prepare(source, build):
    """The folder of peers' scripts, their Python and the corpus; None where the scripts are missing."""
    scripts = os.path.join(source, "..", "shared", "peers")
    if not os.path.exists(os.path.join(scripts, "image.py")):
        return None
    peers, corpus = os.path.join(build, "peers"), os.path.join(build, "corpus")
    python = os.path.join(peers, "bin", "python")
    if not os.path.exists(python):
        subprocess.run(["sh", os.path.join(scripts, "setup.sh"), peers], check=True)
    if not os.path.isdir(corpus) or len(os.listdir(corpus)) < 24:
        subprocess.run([python, os.path.join(scripts, "corpus.py"), corpus], check=True)
    return scripts, python, corpus


def folder_bytes(folder):
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_yoke(yoke, job, corpus, out):
    """Seconds of wall and of processor time, of the whole process."""
    start, cpu = time.perf_counter(), cpu_seconds()
    subprocess.run([yoke, "image", PIPELINES[job], "-r", corpus, "-o", out, "--overwrite", "always", "--devices", "cpu",
                    "--quiet"], check=True)
    return time.perf_counter() - start, cpu_seconds() - cpu


def run_peer(scripts, python, tool, job, corpus, out):
    """Seconds of wall time that the peer states for its job, and of processor time of the whole process."""
    cpu = cpu_seconds()
    text = subprocess.run([python, os.path.join(scripts, "image.py"), "--tool", tool, "--job", job, "--in", corpus,
                           "--out", out], check=True, capture_output=True, text=True).stdout
    return float(re.search(r": ([0-9.]+) s", text).group(1)), cpu_seconds() - cpu


def measure(scripts, python, yoke, job, corpus, out, runs, start_up):
    """{name: [(wall, processor) of each round]} and {name: bytes written}."""
    tools = [tool for tool in TOOLS if (tool, job) not in SLOW]
    times, sizes = {name: [] for name in ("yoke", *tools)}, {}
    for _ in range(runs):
        for name in times:
            target = os.path.join(out, name)
            shutil.rmtree(target, ignore_errors=True)
            if name == "yoke":
                times[name].append(run_yoke(yoke, job, corpus, target))
            else:
                wall, cpu = run_peer(scripts, python, name, job, corpus, target)
                times[name].append((wall, max(cpu - start_up[name], 1e-3)))
            sizes[name] = folder_bytes(target)
    return times, sizes


def ratios(times, of, way):
    return sorted(b[way] / a[way] for a, b in zip(times["yoke"], times[of]))


def report(job, times, sizes):
    """Prints the lines of a job; the number of gates missed."""
    def middle(name, way):
        return statistics.median(value[way] for value in times[name])
    print(f"\n{job:8} yoke    {middle('yoke', 0):7.3f} s {middle('yoke', 1):7.3f} s cpu  {sizes['yoke'] / 1e6:7.2f} MB")
    for tool in list(times)[1:]:
        wall, cpu = ratios(times, tool, 0), ratios(times, tool, 1)
        print(f"{job:8} {tool:7} {middle(tool, 0):7.3f} s {middle(tool, 1):7.3f} s cpu  {sizes[tool] / 1e6:7.2f} MB   "
              f"wall {wall[0]:6.2f} {statistics.median(wall):6.2f} {wall[-1]:6.2f}   "
              f"cpu {cpu[0]:6.2f} {statistics.median(cpu):6.2f} {cpu[-1]:6.2f}   "
              f"size {sizes['yoke'] / sizes[tool]:.3f}")
    speed, tools, size = GATES[job]
    wall, cpu = (min(statistics.median(ratios(times, tool, way)) for tool in tools) for way in (0, 1))
    holds = wall >= speed
    text = f"{job:8} gate {speed} times {' and '.join(tools)}: wall {wall:.2f}, cpu {cpu:.2f}"
    if size:
        share = sizes["yoke"] / sizes["vips"]
        holds = holds and share <= size
        text += f"; size at the most {size} of vips: {share:.3f}"
    print(f"{text}: {'pass' if holds else 'MISS'}", flush=True)
    return 0 if holds else 1


def main():
    yoke, source = os.environ["YOKE"], os.environ["YOKE_SOURCE"]
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    jobs = sys.argv[2:] or list(PIPELINES)
    prepared = prepare(source, os.path.join(source, "build", "bench"))
    if not prepared:
        print("the peers' scripts are not here (../shared/peers): nothing was compared")
        return 0
    scripts, python, corpus = prepared
    print(f"{len(os.listdir(corpus))} photographs, {runs} rounds; times are medians, ratios are peer / yoke: "
          "least, median, greatest")
    out, missed = tempfile.mkdtemp(), 0
    try:
        small = os.path.join(out, "small")
        os.mkdir(small)
        shutil.copy(os.path.join(source, "data", "palette.png"), small)
        start_up = {tool: min(run_peer(scripts, python, tool, "copy", small, os.path.join(out, "start"))[1]
                              for _ in range(2)) for tool in TOOLS}
        for job in jobs:
            missed += report(job, *measure(scripts, python, yoke, job, corpus, out, runs, start_up))
    finally:
        shutil.rmtree(out)
    print(f"\ngates missed: {missed}; ./dev bench threads and ./dev bench memory have the rest")
    return 0


if __name__ == "__main__":
    sys.exit(main())
