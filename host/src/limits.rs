//! What the machine allows this process: cores and memory.
//!
//! Memory is the least of the machine's own, that of every control group around the process (cgroup v1 and v2),
//! and the address space that `ulimit -v` allows.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The memory of a job on a machine that tells nothing, in bytes.
const UNKNOWN_MEMORY_BYTES: u64 = 1 << 30;

/// What the machine allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Threads that can run at once: affinity and CPU quotas of control groups are counted in.
    pub cores: usize,
    /// Memory; `None` if nothing can be found out.
    pub memory: Option<MemoryLimit>,
}

/// The tightest limit of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryLimit {
    /// How much.
    pub bytes: u64,
    /// Who sets it.
    pub source: MemorySource,
}

/// Who limits the memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemorySource {
    /// There is no more.
    Machine,
    /// A control group: a container or a batch system.
    ControlGroup,
    /// `ulimit -v`
    AddressSpace,
}

impl fmt::Display for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemorySource::Machine => "the machine's memory",
            MemorySource::ControlGroup => "limit of the control group",
            MemorySource::AddressSpace => "limit of the address space (ulimit -v)",
        })
    }
}

impl Limits {
    /// The limits of this process.
    pub fn of_process() -> Limits {
        Limits {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory_under(Path::new("/")),
        }
    }

    /// How much memory a job may use that says nothing itself: three quarters of what a control group grants, half
    /// of what is shared with others, or of an address space, which holds more than what is used.
    pub fn job_memory_bytes(&self) -> u64 {
        match self.memory {
            None => UNKNOWN_MEMORY_BYTES,
            Some(MemoryLimit { bytes, source: MemorySource::ControlGroup }) => bytes / 4 * 3,
            Some(MemoryLimit { bytes, .. }) => bytes / 2,
        }
    }
}

/// The tightest limit of memory that the files under `root` tell (`proc` and `sys/fs/cgroup`).
fn memory_under(root: &Path) -> Option<MemoryLimit> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let machine = read("proc/meminfo").and_then(|text| total_memory(&text));
    let groups = read("proc/self/cgroup").map(|text| group_limits(root, &text)).unwrap_or_default();
    let space = read("proc/self/limits").and_then(|text| address_space(&text));
    let limit = |source| move |bytes| MemoryLimit { bytes, source };
    // Of equal limits the first is named: a group without a limit of its own shows the machine's.
    let all = machine.map(limit(MemorySource::Machine)).into_iter();
    let all = all.chain(groups.into_iter().map(limit(MemorySource::ControlGroup)));
    all.chain(space.map(limit(MemorySource::AddressSpace))).min_by_key(|limit| limit.bytes)
}

/// `MemTotal` of `/proc/meminfo`, which counts in units of 1,024 bytes (proc_meminfo(5)).
fn total_memory(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The soft limit `Max address space` of `/proc/self/limits` (proc_pid_limits(5)).
fn address_space(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The limits of all groups that `/proc/self/cgroup` names, and of those around them (cgroups(7)).
fn group_limits(root: &Path, text: &str) -> Vec<u64> {
    let mut limits = Vec::new();
    for line in text.lines() {
        // hierarchy:controllers:path
        let mut parts = line.splitn(3, ':');
        let (Some(hierarchy), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let (mount, file) = if controllers.split(',').any(|name| name == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else if hierarchy == "0" && controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else {
            continue;
        };
        let mount = root.join(mount);
        let mut group = PathBuf::from(path.trim_start_matches('/'));
        loop {
            let limit = fs::read_to_string(mount.join(&group).join(file)).ok();
            // `max` is no limit; version 1 writes a number near 2^63 instead, which the machine's own undercuts.
            limits.extend(limit.and_then(|text| text.trim().parse::<u64>().ok()));
            // Outside of the container the path may name groups that are not mounted here; the root is.
            if !group.pop() {
                break;
            }
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB\n");

    fn check(files: &[(&str, &str)], expected: Option<(u64, MemorySource)>) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = memory_under(root.path()).map(|limit| (limit.bytes, limit.source));
        assert_eq!(found, expected, "{files:?}");
    }

    #[test]
    fn the_tightest_limit_counts() {
        use MemorySource::*;
        let v2 = ("proc/self/cgroup", "0::/a/b\n");
        let v1 = ("proc/self/cgroup", "7:cpu,memory:/x\n3:pids:/x\n");
        check(&[], None);
        check(&[("proc/meminfo", "MemTotal: many kB")], None);
        check(&[MACHINE], Some((8 << 30, Machine)));
        check(&[MACHINE, v2, ("sys/fs/cgroup/a/b/memory.max", "max\n")], Some((8 << 30, Machine)));
        check(&[MACHINE, v2, ("sys/fs/cgroup/a/b/memory.max", "4096\n")], Some((4096, ControlGroup)));
        // A group around it is tighter.
        let around = ("sys/fs/cgroup/a/memory.max", "1024");
        check(&[MACHINE, v2, ("sys/fs/cgroup/a/b/memory.max", "4096"), around], Some((1024, ControlGroup)));
        // A container sees its own group as the root.
        check(&[MACHINE, v2, ("sys/fs/cgroup/memory.max", "512")], Some((512, ControlGroup)));
        check(
            &[MACHINE, v1, ("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712")],
            Some((8 << 30, Machine)),
        );
        check(
            &[MACHINE, v1, ("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "2048")],
            Some((2048, ControlGroup)),
        );
        let space =
            ("proc/self/limits", "Limit  Soft\nMax address space         300000  unlimited bytes\nMax x 1\n");
        check(&[MACHINE, space], Some((300_000, AddressSpace)));
        let none = ("proc/self/limits", "Max address space         unlimited  unlimited bytes\n");
        check(&[MACHINE, none], Some((8 << 30, Machine)));
    }

    #[test]
    fn this_process_has_a_core_and_memory() {
        assert!(Limits::of_process().cores >= 1);
        assert!(Limits::of_process().job_memory_bytes() > 0);
    }
}
