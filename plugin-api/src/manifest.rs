//! Writes a plugin's manifest as TOML at compile time, so that it lies in the file as data.

use crate::property::{Literal, Property};

/// What the manifest says of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct PluginSpec {
    /// Identity of the plugin: lower case letters, digits and hyphens.
    pub id: &'static str,
    /// Version, `major.minor.patch`.
    pub version: &'static str,
    /// Who answers for it.
    pub vendor: &'static str,
    /// SPDX expression.
    pub licence: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// The same input always gives the same output bytes.
    pub deterministic: bool,
    /// The components.
    pub components: &'static [ComponentSpec],
}

/// What the manifest says of a component.
#[derive(Clone, Copy, Debug)]
pub struct ComponentSpec {
    /// `reader`, `algorithm` or `tool`.
    pub kind: &'static str,
    /// Name within the plugin.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Names of the outputs; the first is the default one.
    pub outputs: &'static [&'static str],
    /// Arrow types that it takes, or `*`.
    pub accepts: &'static [&'static str],
    /// It must see the chunks in order.
    pub ordered: bool,
    /// What its partials promise: `none`, `exact`, or a bound.
    pub partial: &'static str,
    /// Its properties.
    pub properties: &'static [Property],
}

/// The manifest as it lies in the file: `magic`, ABI revision, length, text.
#[repr(C)]
pub struct Manifest<const N: usize> {
    magic: [u8; 8],
    abi_major: u32,
    abi_minor: u32,
    text_len: u64,
    text: [u8; N],
}

impl<const N: usize> Manifest<N> {
    /// The manifest of a plugin; `N` is [`text_len`] of the same plugin.
    pub const fn new(spec: &PluginSpec) -> Self {
        let text = render(spec);
        let mut exact = [0u8; N];
        let mut i = 0;
        while i < N {
            exact[i] = text.bytes[i];
            i += 1;
        }
        Self {
            magic: crate::abi::MANIFEST_MAGIC,
            abi_major: crate::abi::ABI_MAJOR,
            abi_minor: crate::abi::ABI_MINOR,
            text_len: N as u64,
            text: exact,
        }
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

/// Length of a plugin's manifest text in bytes.
pub const fn text_len(spec: &PluginSpec) -> usize {
    render(spec).len
}

/// Room for the text while it is made; more is a compile error.
const CAPACITY: usize = 1 << 16;

struct Text {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl Text {
    const fn push(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            self.bytes[self.len] = bytes[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn byte(mut self, byte: u8) -> Self {
        self.bytes[self.len] = byte;
        self.len += 1;
        self
    }

    /// A basic string of TOML: quotes, backslashes and control characters escaped.
    const fn quoted(mut self, text: &str) -> Self {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        self = self.byte(b'"');
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            let b = bytes[i];
            self = match b {
                b'"' => self.push("\\\""),
                b'\\' => self.push("\\\\"),
                0..0x20 | 0x7f => {
                    self.push("\\u00").byte(HEX[(b >> 4) as usize]).byte(HEX[(b & 15) as usize])
                }
                _ => self.byte(b),
            };
            i += 1;
        }
        self.byte(b'"')
    }

    const fn field(self, key: &str, value: &str) -> Self {
        self.push(key).push(" = ").quoted(value).byte(b'\n')
    }

    const fn list(mut self, key: &str, values: &[&str]) -> Self {
        self = self.push(key).push(" = [");
        let mut i = 0;
        while i < values.len() {
            if i > 0 {
                self = self.push(", ");
            }
            self = self.quoted(values[i]);
            i += 1;
        }
        self.push("]\n")
    }

    const fn int(mut self, value: i64) -> Self {
        if value < 0 {
            self = self.byte(b'-');
        }
        let mut rest = value.unsigned_abs();
        let mut digits = [0u8; 20];
        let mut n = 0;
        loop {
            digits[n] = b'0' + (rest % 10) as u8;
            n += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        while n > 0 {
            n -= 1;
            self = self.byte(digits[n]);
        }
        self
    }
}

const fn render(spec: &PluginSpec) -> Text {
    let mut out = Text { bytes: [0; CAPACITY], len: 0 }
        .push("manifest = 1\n")
        .field("id", spec.id)
        .field("version", spec.version)
        .field("vendor", spec.vendor)
        .field("licence", spec.licence)
        .field("description", spec.description)
        .field("compiler", crate::RUSTC)
        .field("arrow", crate::ARROW)
        .field("sdk", crate::SDK)
        .push("deterministic = ")
        .push(if spec.deterministic { "true\n" } else { "false\n" });
    let mut i = 0;
    while i < spec.components.len() {
        out = component(out, &spec.components[i]);
        i += 1;
    }
    out
}

const fn component(out: Text, spec: &ComponentSpec) -> Text {
    let mut out = out
        .push("\n[[component]]\n")
        .field("kind", spec.kind)
        .field("name", spec.name)
        .field("doc", spec.doc)
        .list("outputs", spec.outputs)
        .list("accepts", spec.accepts)
        .push(if spec.ordered { "ordered = true\n" } else { "ordered = false\n" })
        .field("partial", spec.partial);
    let mut i = 0;
    while i < spec.properties.len() {
        out = property(out, &spec.properties[i]);
        i += 1;
    }
    out
}

const fn property(out: Text, spec: &Property) -> Text {
    let mut out = out.push("[[component.property]]\n").field("name", spec.name).field("type", spec.kind);
    match spec.default {
        None => {}
        Some(Literal::Int(value)) => out = out.push("default = ").int(value).byte(b'\n'),
        Some(Literal::Text(text)) => out = out.field("default", text),
        Some(Literal::Toml(toml)) => out = out.push("default = ").push(toml).byte(b'\n'),
    }
    if spec.required {
        out = out.push("required = true\n");
    }
    if !spec.choices.is_empty() {
        out = out.list("choices", spec.choices);
    }
    if let Some(min) = spec.min {
        out = out.push("min = ").int(min).byte(b'\n');
    }
    if let Some(max) = spec.max {
        out = out.push("max = ").int(max).byte(b'\n');
    }
    if spec.secret {
        out = out.push("secret = true\n");
    }
    out = out.field("doc", spec.doc);
    if !spec.aliases.is_empty() {
        out = out.list("aliases", spec.aliases);
    }
    if let Some(why) = spec.deprecated {
        out = out.field("deprecated", why);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: PluginSpec = PluginSpec {
        id: "demo",
        version: "1.2.3",
        vendor: "a \"vendor\"",
        licence: "Apache-2.0",
        description: "tab\there",
        deterministic: true,
        components: &[ComponentSpec {
            kind: "tool",
            name: "t",
            doc: "",
            outputs: &["out"],
            accepts: &["*"],
            ordered: false,
            partial: "none",
            properties: &[Property::int("n").default_int(-7).range(-10, 10).doc("a number")],
        }],
    };

    #[test]
    fn text_is_made_at_compile_time_and_escaped() {
        const N: usize = text_len(&SPEC);
        static MANIFEST: Manifest<N> = Manifest::new(&SPEC);
        let text = std::str::from_utf8(MANIFEST.text()).unwrap();
        assert!(text.contains("vendor = \"a \\\"vendor\\\"\"\n"), "{text}");
        assert!(text.contains("description = \"tab\\u0009here\"\n"), "{text}");
        assert!(text.contains("default = -7\nmin = -10\nmax = 10\n"), "{text}");
    }
}
