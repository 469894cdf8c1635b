//! The file names of the framework's flat layout.
//!
//! ```
//! use artemis_host::interchange::name::{Kind, OriginalName};
//! let text = "d16abcd0-efc1-4625-8cd4-b1652878a3ed.job_0.part_seqX.5b61e90c-bd82-4bc4-bbbc-e3cbf232ae20.arrow";
//! let name = OriginalName::parse(text).unwrap();
//! assert_eq!((name.kind, name.partition.as_str(), name.job.as_str()), (Kind::Arrow, "seqX", "0"));
//! assert_eq!(name.to_string(), text);
//! assert_eq!(OriginalName::parse("../etc/passwd"), None);
//! ```

use std::fmt;

use uuid::Uuid;

/// The longest name that is looked at, in bytes: no file system of ours has longer ones.
const LONGEST: usize = 255;

/// What a file of the layout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The record of the store: `{store}.{label}.cronus.pb`.
    Store,
    /// `{id}.menu.pb`
    Menu,
    /// `{id}.config.pb`
    Config,
    /// `{dataset}.dataset`
    Dataset,
    /// `{dataset}.job_{job}.{id}.log`
    Log,
    /// `{dataset}.job_{job}.{id}.hist.pb`
    Hists,
    /// `{dataset}.job_{job}.{id}.tdigest.pb`
    TDigests,
    /// `{dataset}.job_{job}.{id}.job.pb`
    Job,
    /// Rows: `{dataset}.job_{job}.part_{partition}.{id}.arrow`
    Arrow,
    /// The same rows as text: `{dataset}.job_{job}.part_{partition}.{id}.csv`
    Csv,
    /// A schema: `{dataset}.job_{job}.part_{partition}.file_{file}.{id}.table.pb`
    Table,
    /// An input: `{dataset}.part_{partition}.{id}.{label}`
    Input,
}

/// A name of the layout, taken apart. What a kind has no place for is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalName {
    /// What the file is.
    pub kind: Kind,
    /// The id of the store, or of the dataset that the file belongs to; that of menus and configurations themselves.
    pub owner: Uuid,
    /// The object's own id: a UUID, or the SHA-1 of an input in hex.
    pub id: String,
    /// The job's number, or what stands for it.
    pub job: String,
    /// The partition.
    pub partition: String,
    /// The id of the file that a table describes.
    pub file: String,
    /// The name of a store or of an input's file.
    pub label: String,
}

impl OriginalName {
    /// A name of a kind that belongs to `owner`, with the owner's id.
    pub fn new(kind: Kind, owner: Uuid) -> Self {
        let empty = String::new;
        let (id, job, partition) = (owner.to_string(), empty(), empty());
        Self { kind, owner, id, job, partition, file: empty(), label: empty() }
    }

    /// Takes a file's name apart; `None` if it is none of the layout, or could not name a file of ours.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST || text.contains(['/', '\\']) || text.contains(char::is_control) {
            return None;
        }
        let (owner, rest) = text.split_once('.')?;
        let mut name = Self::new(Kind::Dataset, uuid(owner)?);
        match rest {
            "dataset" => {}
            "menu.pb" => name.kind = Kind::Menu,
            "config.pb" => name.kind = Kind::Config,
            _ => match (rest.strip_suffix(".cronus.pb"), rest.strip_prefix("job_")) {
                (Some(label), _) if !label.is_empty() => {
                    name.kind = Kind::Store;
                    name.label = label.to_owned();
                }
                (_, Some(rest)) => name.of_job(rest)?,
                _ => name.input(rest.strip_prefix("part_")?)?,
            },
        }
        Some(name)
    }

    /// `{job}.…`
    fn of_job(&mut self, text: &str) -> Option<()> {
        let (job, rest) = text.split_once('.')?;
        self.job = usable(job)?.to_owned();
        if let Some(rest) = rest.strip_prefix("part_") {
            return self.of_partition(rest);
        }
        let (id, ending) = rest.split_once('.')?;
        self.id = uuid(id)?.to_string();
        self.kind = match ending {
            "log" => Kind::Log,
            "hist.pb" => Kind::Hists,
            "tdigest.pb" => Kind::TDigests,
            "job.pb" => Kind::Job,
            _ => return None,
        };
        Some(())
    }

    /// `{partition}.…`, from the right, since a partition's name may have dots.
    fn of_partition(&mut self, text: &str) -> Option<()> {
        let endings = [(".table.pb", Kind::Table), (".arrow", Kind::Arrow), (".csv", Kind::Csv)];
        let (text, kind) =
            endings.into_iter().find_map(|(ending, kind)| Some((text.strip_suffix(ending)?, kind)))?;
        let (mut place, id) = text.rsplit_once('.')?;
        self.kind = kind;
        self.id = uuid(id)?.to_string();
        if kind == Kind::Table {
            let (partition, file) = place.rsplit_once(".file_")?;
            self.file = usable(file)?.to_owned();
            place = partition;
        }
        self.partition = usable(place)?.to_owned();
        Some(())
    }

    /// `{partition}.{id}.{label}`: the first segment that is an id parts the two others.
    fn input(&mut self, text: &str) -> Option<()> {
        let mut at = 0;
        while let Some(dot) = text[at..].find('.') {
            let start = at + dot + 1;
            let end = start + text[start..].find('.')?;
            let id = &text[start..end];
            if is_sha1(id) || uuid(id).is_some() {
                self.kind = Kind::Input;
                self.partition = usable(&text[..start - 1])?.to_owned();
                self.id = id.to_owned();
                self.label = Some(&text[end + 1..]).filter(|label| !label.is_empty())?.to_owned();
                return Some(());
            }
            at = start;
        }
        None
    }
}

impl fmt::Display for OriginalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, id, job, partition, file, label, .. } = self;
        match self.kind {
            Kind::Store => write!(f, "{owner}.{label}.cronus.pb"),
            Kind::Menu => write!(f, "{owner}.menu.pb"),
            Kind::Config => write!(f, "{owner}.config.pb"),
            Kind::Dataset => write!(f, "{owner}.dataset"),
            Kind::Log => write!(f, "{owner}.job_{job}.{id}.log"),
            Kind::Hists => write!(f, "{owner}.job_{job}.{id}.hist.pb"),
            Kind::TDigests => write!(f, "{owner}.job_{job}.{id}.tdigest.pb"),
            Kind::Job => write!(f, "{owner}.job_{job}.{id}.job.pb"),
            Kind::Arrow => write!(f, "{owner}.job_{job}.part_{partition}.{id}.arrow"),
            Kind::Csv => write!(f, "{owner}.job_{job}.part_{partition}.{id}.csv"),
            Kind::Table => write!(f, "{owner}.job_{job}.part_{partition}.file_{file}.{id}.table.pb"),
            Kind::Input => write!(f, "{owner}.part_{partition}.{id}.{label}"),
        }
    }
}

/// A text as a part of a name of this layout: what could part it otherwise, or leave the folder, becomes `_`.
pub fn safe(text: &str) -> String {
    let mut safe: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' })
        .take(60)
        .collect();
    if safe.is_empty() || safe.starts_with('.') {
        safe.insert(0, '_');
    }
    safe
}

/// A UUID in its hyphenated form, and no other.
fn uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.to_string() == text)
}

fn is_sha1(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A text that can name a partition here too.
fn usable(text: &str) -> Option<&str> {
    let fits = !text.is_empty()
        && text.len() <= 150
        && !text.starts_with('.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "d16abcd0-efc1-4625-8cd4-b1652878a3ed";
    const B: &str = "5b61e90c-bd82-4bc4-bbbc-e3cbf232ae20";
    const SHA1: &str = "54e157f55bbc6b718631da639983ebe336b387e6";

    #[test]
    fn every_kind_of_name_is_read_and_written_back() {
        let names = [
            (format!("{A}.artemis.cronus.pb"), Kind::Store),
            (format!("{A}.menu.pb"), Kind::Menu),
            (format!("{A}.config.pb"), Kind::Config),
            (format!("{A}.dataset"), Kind::Dataset),
            (format!("{A}.job_0.{B}.log"), Kind::Log),
            (format!("{A}.job_0.{B}.hist.pb"), Kind::Hists),
            (format!("{A}.job_a-1.{B}.tdigest.pb"), Kind::TDigests),
            (format!("{A}.job_0.{B}.job.pb"), Kind::Job),
            (format!("{A}.job_0.part_seqX.{B}.arrow"), Kind::Arrow),
            (format!("{A}.job_0.part_seq.X.{B}.csv"), Kind::Csv),
            (format!("{A}.job_0.part_seqX.file_{SHA1}.{B}.table.pb"), Kind::Table),
            (format!("{A}.part_generator.{SHA1}.people.tar.gz"), Kind::Input),
            (format!("{A}.part_a.b.{B}.csv"), Kind::Input),
        ];
        for (text, kind) in names {
            let name = OriginalName::parse(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(name.kind, kind, "{text}");
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn other_names_are_none_of_the_layout() {
        let upper = A.to_uppercase();
        let long = "x".repeat(300);
        let names = [
            "".to_owned(),
            ".".into(),
            "..".into(),
            "README.md".into(),
            "../x.menu.pb".into(),
            format!("{upper}.menu.pb"),
            format!("{{{A}}}.menu.pb"),
            format!("{A}/../x.menu.pb"),
            format!("{A}.menu.pb\0"),
            format!("{A}..cronus.pb"),
            format!("{A}.job_.{B}.log"),
            format!("{A}.job_0.{B}.exe"),
            format!("{A}.job_0.part_..{B}.arrow"),
            format!("{A}.job_0.part_a b.{B}.arrow"),
            format!("{A}.job_0.part_x.{B}.table.pb"),
            format!("{A}.part_x.{SHA1}"),
            format!("{A}.part_x.{SHA1}."),
            format!("{A}.{long}.cronus.pb"),
        ];
        for text in names {
            assert_eq!(OriginalName::parse(&text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_written_back(rest in "(job_[0a]\\.)?(part_[x.]{1,3}\\.)?(ID\\.)?[a-z.]{0,9}(arrow|log|pb)?") {
            let text = format!("{A}.{}", rest.replace("ID", B));
            if let Some(name) = OriginalName::parse(&text) {
                proptest::prop_assert_eq!(name.to_string(), text);
            }
        }

        #[test]
        fn any_text_is_made_safe(text in "\\PC{0,80}") {
            let name = OriginalName { label: safe(&text), ..OriginalName::new(Kind::Store, Uuid::nil()) };
            proptest::prop_assert_eq!(OriginalName::parse(&name.to_string()), Some(name));
        }
    }
}
