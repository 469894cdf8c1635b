//! What a store of very many registered objects costs: makes one, then measures opening it, listing by the beginning
//! of a name, showing one object, and one commit, in a process of its own each.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use artemis_host::catalog::{Catalog, ObjectKind, ObjectRef};
use artemis_host::store::{Algorithm, ContentId, LocalOptions, LocalStore, Store};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make a store without waiting for the disk
    Make {
        store: PathBuf,
        #[arg(long, default_value_t = 1_000_000)]
        objects: u64,
        /// Objects that one commit registers
        #[arg(long, default_value_t = 1)]
        per_commit: u64,
    },
    /// Measure, each step in a process of its own, the median of `--runs`
    Measure {
        store: PathBuf,
        #[arg(long, default_value_t = 5)]
        runs: usize,
    },
    /// One step; prints milliseconds and the peak of the memory in MiB
    #[command(hide = true)]
    Step { step: String, store: PathBuf },
}

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    match Arguments::parse().command {
        Task::Make { store, objects, per_commit } => make(&store, objects, per_commit.max(1)),
        Task::Measure { store, runs } => measure(&store, runs.max(1)),
        Task::Step { step, store } => one(&step, &store),
    }
}

fn open(path: &Path, read_only: bool) -> Result<Catalog, Failure> {
    let store: Arc<dyn Store> = Arc::new(LocalStore::new(path, LocalOptions { durable: false, read_only }));
    if read_only { Ok(Catalog::open(store)?) } else { Ok(Catalog::open_or_create(store, "million")?) }
}

/// Small files with names as datasets have them; their bytes are their names.
fn name(number: u64) -> String {
    format!("region-{:03}/file-{number:07}.csv", number % 997)
}

fn make(path: &Path, objects: u64, per_commit: u64) -> Result<(), Failure> {
    let catalog = open(path, false)?;
    let started = Instant::now();
    let mut number = 0;
    let mut last = Instant::now();
    while number < objects {
        let end = (number + per_commit).min(objects);
        let made: Result<Vec<ObjectRef>, _> =
            (number..end).map(|n| catalog.put(ObjectKind::File, &name(n), name(n).as_bytes())).collect();
        catalog.register(&made?)?;
        number = end;
        if number % 100_000 == 0 {
            println!("{number} objects, the last 100000 in {:.1} s", last.elapsed().as_secs_f64());
            last = Instant::now();
        }
    }
    println!("made {objects} objects in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn one(step: &str, path: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    let catalog = open(path, step != "commit")?;
    match step {
        "open" => {}
        "list" => {
            let found = catalog.objects_named("region-123/file-05")?;
            if found.is_empty() {
                return Err("nothing is listed".into());
            }
        }
        "show" => {
            let id = ContentId::of(catalog.identity().objects, name(500_000).as_bytes());
            let found = catalog.objects_by_id(&id.hex()[..12])?;
            let [object] = found.as_slice() else { return Err("the object is not found".into()) };
            catalog.get_object(&object.id)?;
        }
        "commit" => {
            let text = format!("another {:?}", std::time::SystemTime::now());
            let object = catalog.put(ObjectKind::Log, &text, text.as_bytes())?;
            debug_assert_eq!(object.id, ContentId::of(Algorithm::Sha1, text.as_bytes()));
            catalog.register(&[object])?;
        }
        other => return Err(format!("there is no step {other}").into()),
    }
    let ms = started.elapsed().as_secs_f64() * 1e3;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak_kib: f64 =
        peak.and_then(|p| p.trim().strip_suffix("kB")?.trim().parse().ok()).unwrap_or(f64::NAN);
    println!("{ms} {}", peak_kib / 1024.0);
    Ok(())
}

fn measure(path: &Path, runs: usize) -> Result<(), Failure> {
    for step in ["open", "list", "show", "commit"] {
        let mut measured = Vec::new();
        for _ in 0..runs {
            let output = Command::new(std::env::current_exe()?).arg("step").arg(step).arg(path).output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
            }
            let text = String::from_utf8(output.stdout)?;
            let (ms, peak) = text.trim().split_once(' ').ok_or("a step says two numbers")?;
            measured.push((ms.parse::<f64>()?, peak.parse::<f64>()?));
        }
        measured.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ms, peak) = measured[runs / 2];
        println!("{step:<7} {ms:7.1} ms   peak {peak:6.1} MiB   (median of {runs})");
    }
    Ok(())
}
