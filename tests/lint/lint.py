#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of the source tree that no compiler makes. One function a check, listed in CHECKS at the end.

usage: lint.py [ROOT]         check the tree (default: the one this file is in); exit 1 on violations
       lint.py --self-test    plant a violation of every check in a scratch folder and see each one caught
       lint.py --list         print the checks
Standard library only. clang-format is used where it is installed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

MAX_LINES = 600      # DESIGN: 400 is the aim, 600 the limit
MAX_COLUMNS = 120    # clang-format holds C to 110; this is for kernels, scripts and CMake
MAX_MACRO_LINES = 5
TOP_LEVEL = {"kernels", "host", "cli", "data", "tests", "CMakeLists.txt", "CMakePresets.json", "LICENSE",
             "README.md", "dev"}
NOT_OURS = {".git", "build", "out", ".peers", "__pycache__"}

# What each folder may include, besides itself and the public headers: the layers below it.
LAYERS = {
    "kernels": [],
    "host/base": [],
    "host/io": ["host/base"],
    "host/op": ["host/base", "kernels"],
    "host/device": ["host/base", "host/op", "kernels"],
    "host/sched": ["host/base", "host/op", "host/device", "kernels"],
    "host/image": ["host/base", "host/op", "host/device", "host/sched", "host/io", "kernels"],
    "host/math": ["host/base", "host/op", "host/device", "host/sched", "host/io", "kernels"],
    "host/include": [],
    "cli": [],
}


class Tree:
    """The files of a tree, read once: text by path, with violations collected."""

    def __init__(self, root):
        self.root = root
        self.violations = []
        self.text = {}
        for path in self.list_files():
            with open(os.path.join(root, path), "rb") as file:
                data = file.read()
            if b"\0" not in data[:8192]:
                self.text[path] = data.decode("utf-8", "replace")
        self.paths = sorted(self.text)

    def list_files(self):
        try:
            output = subprocess.run(
                ["git", "-C", self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                check=True, capture_output=True).stdout.decode()
            names = [name for name in output.split("\0") if name]
        except (OSError, subprocess.CalledProcessError):  # no git, or not a work tree: an unpacked archive
            names = []
            for folder, folders, files in os.walk(self.root):
                folders[:] = [name for name in folders if name not in NOT_OURS]
                names += [os.path.relpath(os.path.join(folder, name), self.root) for name in files]
        self.all = sorted(name for name in names if os.path.isfile(os.path.join(self.root, name)))
        return self.all

    def report(self, check, path, line, text):
        self.violations.append((check, f"{path}:{line}: {text}" if line else f"{path}: {text}"))

    def having(self, *endings):
        return [path for path in self.paths if path.endswith(endings)]

    def lines(self, path):
        return enumerate(self.text[path].split("\n"), 1)


def is_code(path, text):
    return (path.endswith((".c", ".h", ".cl", ".cmake", ".sh", ".py", ".cpp")) or
            os.path.basename(path) == "CMakeLists.txt" or text.startswith("#!"))


def check_length(tree, name):
    """Files have at most 600 lines."""
    for path in tree.paths:
        count = tree.text[path].count("\n")
        if is_code(path, tree.text[path]) and count > MAX_LINES:
            tree.report(name, path, 0, f"{count} lines, at most {MAX_LINES}: split it by concern")


def check_spdx(tree, name):
    """Code files start with the SPDX line (after #! where there is one)."""
    for path in tree.paths:
        lines = tree.text[path].split("\n", 2)
        if not is_code(path, tree.text[path]):
            continue
        head = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
        if not re.match(r"(/\*|//|#) SPDX-License-Identifier: MIT\b", head):
            tree.report(name, path, 1, "no 'SPDX-License-Identifier: MIT' in its place")


def check_opencl(tree, name):
    """OpenCL headers are included by host/device/cl_*.[ch] only."""
    for path in tree.having(".c", ".h", ".cl"):
        if re.match(r"host/device/cl_\w+\.[ch]$", path) or path.startswith("tests/"):
            continue
        for number, line in tree.lines(path):
            if re.match(r"\s*#\s*include\s*[<\"](CL|OpenCL)/", line):
                tree.report(name, path, number, "only host/device/cl_*.c may include OpenCL headers")


def check_openmp(tree, name):
    """OpenMP pragmas stand in host/device/cpu_*.[ch] only; `omp simd` also in kernels/."""
    for path in tree.having(".c", ".h", ".cl"):
        if re.match(r"host/device/cpu_\w+\.[ch]$", path) or path.startswith("tests/"):
            continue
        for number, line in tree.lines(path):
            found = re.search(r"#\s*pragma\s+omp\s+(\w+)|_Pragma\(\s*\"omp\s+(\w+)", line)
            if found and not (path.startswith("kernels/") and "simd" in found.groups()):
                tree.report(name, path, number, "OpenMP pragmas belong into host/device/cpu_*.c")


def check_threads(tree, name):
    """Threads are created in host/io/ and in the pool and driver files of host/device/ only."""
    for path in tree.having(".c", ".h"):
        if re.match(r"host/io/|host/device/\w*(pool|driver)\w*\.[ch]$|tests/", path):
            continue
        for number, line in tree.lines(path):
            if re.search(r"\b(pthread_create|thrd_create)\s*\(", line):
                tree.report(name, path, number, "only host/io/ and the pool and driver files create threads")


def layer_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "host" and len(parts) > 2 else parts[0]


def check_layers(tree, name):
    """Includes go downwards: cli -> image, math -> sched -> device -> op -> kernels; io and base beside them."""
    headers = {}
    for path in tree.having(".h", ".cl", ".c"):
        headers.setdefault(os.path.basename(path), []).append(path)
    for path in tree.having(".c", ".h", ".cl"):
        layer = layer_of(path)
        if layer not in LAYERS:
            continue  # tests may include everything
        for number, line in tree.lines(path):
            found = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)", line)
            if not found:
                continue
            wanted = found.group(2)
            if wanted.startswith("yoke/"):
                if layer == "kernels":
                    tree.report(name, path, number, "kernels include their prelude only")
                continue
            if layer == "host/include" and found.group(1) == '"':
                tree.report(name, path, number, "a public header includes public and system headers only")
            if found.group(1) == "<":
                continue
            beside = os.path.normpath(os.path.join(os.path.dirname(path), wanted))
            targets = [beside] if beside in tree.text else [
                other for other in headers.get(os.path.basename(wanted), [])
                if other.endswith(os.path.basename(wanted))]
            layers = {layer_of(other) for other in targets}
            if layers and not layers & ({layer} | set(LAYERS[layer])):
                tree.report(name, path, number, f"{layer} may not include {wanted} of {', '.join(sorted(layers))}")


def check_unfinished(tree, name):
    """No notes of unfinished work."""
    words = re.compile(r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX")) + r")\b")
    for path in tree.paths:
        for number, line in tree.lines(path):
            if words.search(line):
                tree.report(name, path, number, "finish it, or open an issue and name that")


def check_macros(tree, name):
    """Macros outside kernels/ have at most 5 lines."""
    for path in tree.having(".c", ".h"):
        if path.startswith("kernels/"):
            continue
        start = 0
        for number, line in tree.lines(path):
            if not start and re.match(r"\s*#\s*define\b", line):
                start = number
            if start and not line.endswith("\\"):
                if number - start + 1 > MAX_MACRO_LINES:
                    tree.report(name, path, start, f"a macro of {number - start + 1} lines: make it a function")
                start = 0


def check_top_level(tree, name):
    """The top level holds the names of the design only."""
    for top in sorted({path.split("/")[0] for path in tree.all}):
        if top not in TOP_LEVEL and not top.startswith("."):
            tree.report(name, top, 0, "the top level holds " + ", ".join(sorted(TOP_LEVEL)) + " and dot files")


def check_machine_paths(tree, name):
    """No absolute paths of one machine."""
    pattern = re.compile(r"(?<![\w.:/}~-])/(home|work|tmp|root|mnt|Users)/")
    for path in tree.paths:
        if path == "tests/lint/lint.py":
            continue
        for number, line in tree.lines(path):
            if pattern.search(line):
                tree.report(name, path, number, "an absolute path of one machine")


def check_vacuous(tree, name):
    """Assertions can fail."""
    constant = re.compile(r"\bCU_PASS\b|\bCU_(TEST|ASSERT)(_TRUE)?(_FATAL)?\(\s*(1|true|CU_TRUE|!0)\s*\)|"
                          r"\bCU_ASSERT_FALSE(_FATAL)?\(\s*(0|false|CU_FALSE)\s*\)|"
                          r"\bCU_(TEST|ASSERT)\w*\(.*\|\|\s*(1|true)\s*\)")
    same = re.compile(r"\bCU_ASSERT_(PTR_|STRING_)?EQUAL(_FATAL)?\(\s*([^,()]+),\s*([^,()]+)\)")
    for path in tree.having(".c", ".h"):
        for number, line in tree.lines(path):
            pair = same.search(line)
            if constant.search(line) or (pair and pair.group(3).strip() == pair.group(4).strip()):
                tree.report(name, path, number, "this assertion cannot fail")


def check_white(tree, name):
    """No trailing white space, no tabs in code, no carriage returns, one line end at the end of the file."""
    for path in tree.paths:
        text = tree.text[path]
        if path.startswith("data/") or path.endswith((".expected", ".golden")):
            continue  # data is what it is
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            tree.report(name, path, 0, "the file must end with exactly one line end")
        for number, line in tree.lines(path):
            if line != line.rstrip():
                tree.report(name, path, number, "trailing white space")
            if "\t" in line and is_code(path, text):
                tree.report(name, path, number, "a tab; indent with spaces")


def check_width(tree, name):
    """Lines of code have at most 120 columns, also where clang-format does not look."""
    for path in tree.paths:
        if not is_code(path, tree.text[path]):
            continue
        for number, line in tree.lines(path):
            if len(line) > MAX_COLUMNS:
                tree.report(name, path, number, f"{len(line)} columns, at most {MAX_COLUMNS}")


def check_format(tree, name):
    """C files outside kernels/ are as clang-format leaves them (./dev format)."""
    tool = shutil.which("clang-format")
    paths = [path for path in tree.having(".c", ".h") if not path.startswith("kernels/")]
    if not tool or not os.path.isfile(os.path.join(tree.root, ".clang-format")):
        print("lint: clang-format or its settings are missing; the format was not checked")
        return
    for path in paths:
        result = subprocess.run([tool, "--dry-run", "-Werror", path], cwd=tree.root, capture_output=True)
        if result.returncode != 0:
            found = re.search(rb":(\d+):\d+: error", result.stderr)
            tree.report(name, path, int(found.group(1)) if found else 0, "not formatted: run ./dev format")


# name: (check, the violations that the self-test plants: path and content)
CHECKS = {
    "length": (check_length, [("host/base/a.c", "int x;\n" * (MAX_LINES + 1))]),
    "spdx": (check_spdx, [("host/base/a.c", "int x;\n"), ("dev", "#!/bin/sh\n\n# SPDX-License-Identifier: MIT\n")]),
    "opencl": (check_opencl, [("host/sched/a.c", "#include <CL/cl.h>\n"), ("cli/a.c", "#include <CL/cl.h>\n")]),
    "openmp": (check_openmp, [("host/image/a.c", "#pragma omp parallel\n"), ("kernels/a.h", "#pragma omp for\n"),
                              ("host/op/a.c", "_Pragma(\"omp simd\")\n")]),
    "threads": (check_threads, [("host/sched/a.c", "int r = pthread_create(&t, 0, f, 0);\n")]),
    "layers": (check_layers, [("host/base/a.c", "#include \"op.h\"\n"), ("host/op/b.c", "#include \"device.h\"\n"),
                              ("host/device/b.c", "#include \"../sched/sched.h\"\n"),
                              ("cli/a.c", "#include \"op.h\"\n"), ("kernels/a.cl", "#include <yoke/image.h>\n"),
                              ("host/io/a.c", "#include \"op.h\"\n"),
                              ("host/include/yoke/a.h", "#include \"mem.h\"\n")]),
    "unfinished": (check_unfinished, [("cli/a.c", "/* TO" "DO */\n"), ("README.md", "FIX" "ME later\n")]),
    "macros": (check_macros, [("cli/a.c", "#define A \\\n" + " x \\\n" * MAX_MACRO_LINES + " y\n")]),
    "top-level": (check_top_level, [("notes.txt", "a\n"), ("src/a.c", "int x;\n")]),
    "machine-paths": (check_machine_paths, [("cli/a.c", "open(\"/home/me/a.png\");\n"),
                                            ("tests/a.sh", "cd /" + "work/main\n")]),
    "vacuous": (check_vacuous, [("tests/a.c", "CU_ASSERT(1);\n"), ("tests/b.c", "CU_PASS(\"\");\n"),
                                ("tests/c.c", "CU_ASSERT_EQUAL(a, a);\n"), ("tests/d.c", "CU_ASSERT(a || true);\n")]),
    "white": (check_white, [("cli/a.c", "int x; \n"), ("cli/b.c", "\tint x;\n"), ("cli/c.c", "int x;"),
                            ("README.md", "a\n\n")]),
    "width": (check_width, [("kernels/a.cl", "/*" + " a" * 60 + " */\n")]),
    "format": (check_format, [("cli/a.c", "int  x ;\n")]),
}

# What the self-test's tree holds before anything is planted: no check may object to it.
CLEAN = {
    ".clang-format": "BasedOnStyle: LLVM\n",
    "README.md": "text, mktemp a.XXXXXX, https://example.org/work/a\n",
    "host/base/mem.h": "int yk_a(void);\n",
    "host/op/op.h": "#include \"mem.h\"\n",
    "host/device/device.h": "#include \"op.h\"\n",
    "host/sched/sched.h": "#include \"device.h\"\n",
    "host/device/cpu_a.c": "#pragma omp parallel\n",
    "host/device/cl_a.c": "#include <CL/cl.h>\n",
    "host/device/cpu_pool.c": "int r = pthread_create(&t, 0, f, 0);\n",
    "host/image/job.c": "#include \"mem.h\"\n#include \"sched.h\"\n\n#include <yoke/a.h>\n",
    "host/include/yoke/a.h": "#include <yoke/b.h>\n",
    "kernels/a.h": "#pragma omp simd\n#define A \\\n x \\\n x \\\n x \\\n x \\\n x\n",
    "tests/t.c": "int a = CU_ASSERT_EQUAL(a, b);\n",
}


def write(root, path, content):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if path.endswith((".c", ".h", ".cl")) and "SPDX" not in content:
        content = "/* SPDX-License-Identifier: MIT */\n" + content
    elif path.endswith(".sh"):
        content = "# SPDX-License-Identifier: MIT\n" + content
    with open(full, "w", encoding="utf-8") as file:
        file.write(content)


def run_checks(root, names):
    tree = Tree(root)
    for name in names:
        CHECKS[name][0](tree, name)
    return tree


def self_test():
    bad = 0
    planted = 0
    for name, (_, plants) in CHECKS.items():
        if name == "format" and not shutil.which("clang-format"):
            continue
        for path, content in plants:
            with tempfile.TemporaryDirectory() as root:
                for clean_path, clean_content in CLEAN.items():
                    write(root, clean_path, clean_content)
                before = run_checks(root, CHECKS)
                if before.violations:
                    print(f"self-test: the clean tree is objected to: {before.violations}")
                    return 1
                if name == "spdx":  # written as it stands, the helper would add the line
                    os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                    with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                        file.write(content)
                else:
                    write(root, path, content)
                caught = [text for check, text in run_checks(root, [name]).violations if path.split("/")[0] in text]
                planted += 1
                if not caught:
                    print(f"self-test: {name} did not catch what was planted in {path}")
                    bad += 1
    print(f"lint: self-test planted {planted} violations of {len(CHECKS)} checks, {bad} not caught")
    return 1 if bad else 0


def main(arguments):
    if arguments[:1] == ["--self-test"]:
        return self_test()
    if arguments[:1] == ["--list"]:
        for name, (check, _) in CHECKS.items():
            print(f"{name:14} {check.__doc__.splitlines()[0]}")
        return 0
    if len(arguments) > 1 or arguments[:1] and arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.abspath(arguments[0] if arguments else os.path.join(here, "..", ".."))
    tree = run_checks(root, CHECKS)
    for check, text in tree.violations:
        print(f"{text} [{check}]")
    print(f"lint: {len(CHECKS)} checks over {len(tree.all)} files, {len(tree.violations)} violations")
    return 1 if tree.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
