#!/usr/bin/env python3
"""Compares artemis-host with its peers as whole processes: CSV in, uncompressed Arrow IPC out.

    python benches/compare.py --runs 5 --bytes 1GB

For each table it makes the input by seed, reads it once so that the page cache is warm, and runs every contestant
in turn, `--runs` times, the first one of a round moving on by one each time. A contestant is a process of its own,
from its start to its exit; its CPU seconds (user and system, children included) and its peak resident memory come
from wait4. Every output is counted and deleted. Ratios are made within a round and then their median is taken: the
machine may drift from round to round, and the pairs drift with it.

It exits with 1 if a contestant failed or the contestants do not agree on the rows; no time makes it fail.
Only the standard library is imported here: the peak memory that wait4 reports of a child begins at its parent's.
"""

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
REPOSITORY = BENCHES.parent
TABLES = ["people", "numbers", "wide"]
PEERS = ["arrow-csv-ranges", "polars", "duckdb", "pyarrow"]

JOB = """\
[job]
name = "{name}"
seed = 1

[input]
paths = ["{path}"]
reader = "parse"

[output]
format = "arrow"
compression = "none"

[algorithms.parse]
component = "csv-reader/csv"
"""


@dataclass
class Contestant:
    name: str
    command: list  # of words; {input} {table} {out} {job} are filled in
    environment: dict


@dataclass
class Measure:
    wall_s: float
    cpu_s: float
    peak_mib: float
    out_mib: float


def main():
    options = arguments()
    scratch = Path(tempfile.mkdtemp(prefix="artemis-compare-", dir=options.scratch))
    try:
        contestants = line_up(options)
        print(f"Peers: {versions()}, arrow-csv {locked('arrow-csv')}. {os.cpu_count()} cores, {options.runs} rounds.")
        sound = [compare(name, source, contestants, options, scratch) for name, source in inputs(options, scratch)]
    finally:
        shutil.rmtree(scratch)
    sys.exit(0 if all(sound) else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=TABLES, help="which generated tables")
    parser.add_argument("--input", action="append", type=Path, default=[], help="a CSV file instead of the tables")
    parser.add_argument("--bytes", default="1GB", help="size of a generated table")
    parser.add_argument("--seed", default="1", help="seed of a generated table")
    parser.add_argument("--runs", type=int, default=5, help="rounds; medians are taken over them")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, help="which peers")
    parser.add_argument("--base", default=PEERS[0], help="what the ratios are relative to")
    parser.add_argument("--threads", default=str(os.cpu_count()), help="ranges of arrow-csv-ranges")
    parser.add_argument("--bin", type=Path, default=REPOSITORY / "target" / "release",
                        help="where artemis-host, generate and arrow_csv_ranges are")
    parser.add_argument("--plugins", type=Path, default=REPOSITORY / "plugins", help="plugin directory of the host")
    parser.add_argument("--artemis-args", default="", help="words for every `artemis-host run`, e.g. '--workers 2'")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=WORDS",
                        help="one more run of the host with other words, VAR=value first for its environment, "
                             "e.g. 'max 256 MiB=--set job.max_memory=256MiB'; may be repeated")
    parser.add_argument("--no-artemis", action="store_true", help="peers only")
    parser.add_argument("--scratch", type=Path, help="where inputs and outputs lie while it runs (a fast disk)")
    return parser.parse_args()


def line_up(options):
    contestants = []
    if not options.no_artemis:
        for variant in ["artemis-host=", *[f"artemis-host, {variant}" for variant in options.variant]]:
            contestants.append(artemis(options, *variant.split("=", 1)))
    for peer in options.peers:
        if peer == "arrow-csv-ranges":
            command = [program(options, "arrow_csv_ranges"), "{input}", "{out}", "--threads", options.threads]
        else:
            command = [sys.executable, str(BENCHES / "peers.py"), peer, "{input}", "{out}/out.arrow"]
        contestants.append(Contestant(peer, command, {}))
    if options.base not in [contestant.name for contestant in contestants]:
        sys.exit(f"--base {options.base}: not among {', '.join(contestant.name for contestant in contestants)}")
    return contestants


def artemis(options, name, words):
    words = shlex.split(words)
    environment = {}
    while words and not words[0].startswith("-") and "=" in words[0]:
        key, value = words.pop(0).split("=", 1)
        environment[key] = value
    command = [program(options, "artemis-host"), "--plugins", str(options.plugins), "--store", "{out}/store",
               "run", "{job}", *shlex.split(options.artemis_args), *words]
    return Contestant(name, command, environment)


def program(options, name):
    path = options.bin / name
    if not path.exists():
        sys.exit(f"{path} is not there: run `cargo build --release --workspace` first")
    return str(path)


def versions():
    return subprocess.run([sys.executable, BENCHES / "peers.py", "versions"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def locked(crate):
    lines = (REPOSITORY / "Cargo.lock").read_text().splitlines()
    return lines[lines.index(f'name = "{crate}"') + 1].split('"')[1]


def inputs(options, scratch):
    """Name and path of each input; a generated one is deleted when the next is asked for."""
    for path in options.input:
        yield path.stem, path.resolve()
    for table in [] if options.input else options.tables:
        path = scratch / f"{table}.csv"
        subprocess.run([program(options, "generate"), table, path, "--bytes", options.bytes, "--seed", options.seed],
                       check=True)
        yield table, path
        path.unlink()


def compare(name, source, contestants, options, scratch):
    """Runs all rounds and prints the table. True if every contestant ran and all agree on the rows."""
    warm(source)
    job = scratch / "job.toml"
    job.write_text(JOB.format(name="".join(c if c.isalnum() else "-" for c in name), path=source))
    measures = {contestant.name: [] for contestant in contestants}
    failures = {}
    rows = {}
    for turn in range(options.runs):
        for place in range(len(contestants)):
            contestant = contestants[(turn + place) % len(contestants)]
            if contestant.name in failures:
                continue
            out = scratch / "out"
            out.mkdir()
            try:
                measures[contestant.name].append(measure(contestant, source, job, out))
                if turn == 0:
                    rows[contestant.name] = count(out)
            except subprocess.CalledProcessError as error:
                failures[contestant.name] = (error.stderr or "").strip()[-2000:]
            finally:
                shutil.rmtree(out)
    report(name, source, measures, rows, failures, options)
    return not failures and len(set(rows.values())) == 1


def warm(path):
    with open(path, "rb") as file:
        while file.read(1 << 22):
            pass


def measure(contestant, source, job, out):
    """Runs it once. The process is reaped by wait4, never by subprocess, which keeps no resource usage."""
    words = {"input": source, "out": out, "job": job}
    command = [word.format(**words) for word in contestant.command]
    with tempfile.TemporaryFile("w+") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors,
                                   env={**os.environ, **contestant.environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, stderr=errors.read())
    written = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    return Measure(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, written / 2**20)


def count(out):
    files = [str(file) for file in sorted(out.rglob("*.arrow"))]
    counted = subprocess.run([sys.executable, BENCHES / "peers.py", "count", *files], check=True, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return int(counted.stdout)


def report(name, source, measures, rows, failures, options):
    print(f"\n### {name}: {source.stat().st_size / 1e6:,.0f} MB\n")
    print(f"| whole process | wall s | CPU s | peak RSS MiB | output MiB | rows | wall ÷ {options.base} "
          f"| CPU ÷ {options.base} |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    base = measures[options.base]
    for contestant, runs in measures.items():
        if contestant in failures or not runs:
            print(f"| {contestant} | failed | | | | | | |")
            continue
        cells = [f"{statistics.median(getattr(run, field) for run in runs):{form}}"
                 for field, form in [("wall_s", ".2f"), ("cpu_s", ".2f"), ("peak_mib", ",.0f"), ("out_mib", ",.0f")]]
        ratios = ["" if options.base in failures else f"{ratio(runs, base, field):.2f}" for field in ["wall_s", "cpu_s"]]
        print(f"| {contestant} | {' | '.join(cells)} | {rows[contestant]:,} | {' | '.join(ratios)} |")
    for contestant, text in failures.items():
        print(f"\n{contestant} failed:\n\n```\n{text}\n```")
    if len(set(rows.values())) > 1:
        print("\nThe contestants do not agree on the rows.")
    sys.stdout.flush()


def ratio(runs, base, field):
    return statistics.median(getattr(run, field) / getattr(other, field) for run, other in zip(runs, base))


if __name__ == "__main__":
    main()
