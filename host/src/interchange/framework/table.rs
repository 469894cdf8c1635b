//! The table: what the framework's classes and properties are here.

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It is our property of this name, with the same meaning.
    Same(&'static str),
    /// A byte as text; `False` means none, which is the empty text here.
    Byte(&'static str),
    /// The texts that mean true or false. Those that are numbers too are left out: the framework tries numbers first.
    Truths(&'static str),
    /// Types of columns by name.
    Types(&'static str),
    /// It changes how the framework worked, not what came out.
    NoEffect,
    /// Only these values, written as Python literals, mean something here, and they mean what we do anyway.
    Only(&'static [&'static str]),
    /// A setting of the job.
    Job(Setting),
}

/// A setting of the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// Bytes of a chunk.
    BlockBytes,
    /// Bytes of a part file.
    FileBytes,
    /// The seed of the sampling.
    Seed,
    /// Whether a CSV file is written beside the Arrow file.
    WriteCsv,
    /// The folder of the inputs.
    Path,
    /// The end of their names, or a pattern.
    Glob,
}

/// What becomes of an algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counterpart {
    /// The input's reader: component, and the class of the tool that holds its properties.
    Reader {
        /// The component.
        component: &'static str,
        /// The class of the tool.
        tool: &'static str,
    },
    /// Keeps or drops columns, as the tool says.
    Columns {
        /// The component.
        component: &'static str,
        /// The class of the tool.
        tool: &'static str,
    },
    /// Its place is kept: the row comes with the plugin.
    NeedsPlugin {
        /// The plugin.
        plugin: &'static str,
        /// The class of the tool.
        tool: &'static str,
        /// Whether it parses chunks.
        parses: bool,
    },
}

/// Algorithms by class.
pub const ALGORITHMS: &[(&str, Counterpart)] = &[
    ("CsvParserAlgo", Counterpart::Reader { component: "csv-reader/csv", tool: "CsvTool" }),
    ("FilterAlgo", Counterpart::Columns { component: "relational/select", tool: "FilterColTool" }),
    // The rows of these two come with their plugins.
    ("LegacyDataAlgo", Counterpart::NeedsPlugin { plugin: "fwf-reader", tool: "MfTool", parses: true }),
    ("ProfilerAlgo", Counterpart::NeedsPlugin { plugin: "profiler", tool: "TDigestTool", parses: false }),
];

/// What runs in a node that did nothing but parse: the reader does that before it.
pub const NOTHING_LEFT: &str = "relational/pass";

/// Properties that any module may have.
pub const ANYWHERE: &[(&str, Rule)] = &[("loglevel", Rule::NoEffect)];

/// Properties of `CsvTool`: the read, parse and convert options of pyarrow.
pub const CSV_TOOL: &[(&str, Rule)] = &[
    ("use_threads", Rule::NoEffect),
    ("block_size", Rule::NoEffect),
    ("skip_rows", Rule::Only(&["0"])),
    ("column_names", Rule::Only(&["[]"])),
    ("autogenerate_column_names", Rule::Only(&["False"])),
    ("delimiter", Rule::Byte("delimiter")),
    ("quote_char", Rule::Byte("quote")),
    ("double_quote", Rule::Only(&["True"])),
    ("escape_char", Rule::Byte("escape")),
    // The header stands in the file once, as the file handler says; a chunk has none of its own.
    ("header_rows", Rule::Only(&["0", "1"])),
    // A quoted line end is part of its value here, whether it is expected or not.
    ("newlines_in_values", Rule::NoEffect),
    ("ignore_empty_lines", Rule::Only(&["True"])),
    ("check_utf8", Rule::Only(&["True"])),
    ("column_types", Rule::Types("schema")),
    ("null_values", Rule::Same("null_values")),
    ("true_values", Rule::Truths("true_values")),
    ("false_values", Rule::Truths("false_values")),
    ("strings_can_be_null", Rule::Same("strings_can_be_null")),
    ("auto_dict_encode", Rule::Only(&["False"])),
    ("auto_dict_max_cardinality", Rule::NoEffect),
    ("include_columns", Rule::Only(&["[]"])),
    ("include_missing_columns", Rule::NoEffect),
];

/// Properties of `FileHandlerTool` where it reads CSV.
pub const FILE_HANDLER: &[(&str, Rule)] = &[
    ("filetype", Rule::Only(&["'csv'"])),
    ("blocksize", Rule::Job(Setting::BlockBytes)),
    ("delimiter", Rule::Byte("delimiter")),
    // A carriage return before the line feed is no part of the last value here.
    ("linesep", Rule::Only(&["'\\n'", "'\\r\\n'"])),
    ("header", Rule::Only(&["''"])),
    ("header_offset", Rule::Only(&["0"])),
    ("header_rows", Rule::Same("header_rows")),
    ("footer", Rule::Only(&["''"])),
    ("footer_size", Rule::Only(&["0"])),
    ("schema", Rule::Only(&["[]"])),
    ("encoding", Rule::Only(&["'utf8'", "'utf-8'", "'UTF-8'", "'ascii'"])),
    // Rows of a chunk of SAS7BDAT; other files have bytes.
    ("num_rows", Rule::NoEffect),
    ("nsamples", Rule::NoEffect),
    ("seed", Rule::Job(Setting::Seed)),
];

/// Properties of `FileGenerator`.
pub const FILE_GENERATOR: &[(&str, Rule)] = &[
    ("path", Rule::Job(Setting::Path)),
    ("glob", Rule::Job(Setting::Glob)),
    ("nsamples", Rule::NoEffect),
    ("seed", Rule::Job(Setting::Seed)),
];

/// Properties of `BufferOutputWriter`.
pub const BUFFER_WRITER: &[(&str, Rule)] =
    &[("BUFFER_MAX_SIZE", Rule::Job(Setting::FileBytes)), ("write_csv", Rule::Job(Setting::WriteCsv))];

/// The types of pyarrow by name, and ours.
pub const TYPES: &[(&str, &str)] = &[
    ("bool", "bool"),
    ("int64", "int64"),
    ("double", "float64"),
    ("float64", "float64"),
    ("string", "string"),
    ("utf8", "string"),
    ("date32[day]", "date"),
    ("date32", "date"),
    ("timestamp[us]", "timestamp(us)"),
    ("timestamp[ns]", "timestamp(ns)"),
];
