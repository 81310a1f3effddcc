#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Batch jobs against libvips, OpenCV and Pillow, side by side in one run.

usage: ./dev bench peers [RUNS [JOB...]]        jobs: copy half thumb blur8 median5

Uses the scripts of ../shared/peers where they are (set-up of the peers, corpus of 24 photographs, one job with one
peer); elsewhere it says so and ends. Every round runs yoke and each peer once, in turn, so that a change of the
machine's speed meets all of them; the ratio is taken within the round. yoke is timed as a whole process, the peers
without their start-up and imports. All use one worker per processor and write PNG: the peers at zlib level 6.
"""
import os
import re
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


def run_yoke(yoke, job, corpus, out):
    start = time.perf_counter()
    subprocess.run([yoke, "image", PIPELINES[job], "-r", corpus, "-o", out, "--overwrite", "always", "--devices", "cpu",
                    "--quiet"], check=True)
    return time.perf_counter() - start


def run_peer(scripts, python, tool, job, corpus, out):
    text = subprocess.run([python, os.path.join(scripts, "image.py"), "--tool", tool, "--job", job, "--in", corpus,
                           "--out", out], check=True, capture_output=True, text=True).stdout
    return float(re.search(r": ([0-9.]+) s", text).group(1))


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
    out = tempfile.mkdtemp()
    try:
        for job in jobs:
            tools = [tool for tool in TOOLS if (tool, job) not in SLOW]
            times, sizes = {name: [] for name in ("yoke", *tools)}, {}
            for _ in range(runs):
                for name in times:
                    target = os.path.join(out, name)
                    shutil.rmtree(target, ignore_errors=True)
                    times[name].append(run_yoke(yoke, job, corpus, target) if name == "yoke" else
                                       run_peer(scripts, python, name, job, corpus, target))
                    sizes[name] = folder_bytes(target)
            print(f"\n{job:8} yoke    {statistics.median(times['yoke']):8.3f} s  {sizes['yoke'] / 1e6:8.2f} MB")
            for tool in tools:
                ratios = sorted(b / a for a, b in zip(times["yoke"], times[tool]))
                print(f"{job:8} {tool:7} {statistics.median(times[tool]):8.3f} s  {sizes[tool] / 1e6:8.2f} MB   "
                      f"{ratios[0]:6.2f} {statistics.median(ratios):6.2f} {ratios[-1]:6.2f}   "
                      f"size of yoke's output {sizes['yoke'] / sizes[tool]:.3f}")
    finally:
        shutil.rmtree(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
